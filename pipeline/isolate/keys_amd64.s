//go:build linux

#include "textflag.h"

// func readRights() uint32
TEXT ·readRights(SB), NOSPLIT, $0-4
	XORL CX, CX
	BYTE $0x0F; BYTE $0x01; BYTE $0xEE // RDPKRU
	MOVL AX, ret+0(FP)
	RET

// func writeRights(rights uint32)
TEXT ·writeRights(SB), NOSPLIT, $0-4
	MOVL rights+0(FP), AX
	XORL CX, CX
	XORL DX, DX
	BYTE $0x0F; BYTE $0x01; BYTE $0xEF // WRPKRU
	RET
