package decode

import (
	"context"
	"fmt"
)

// Verify decodes the frames of indices the fast way, then the whole clip
// sequentially with streams probed and every packet sent, and compares frame
// counts and the chosen frames bit by bit. It returns an error on the first
// difference. It costs a full decode of the clip.
func Verify(ctx context.Context, opt Options, src Source, indices []int) error {
	chosen := map[int]string{}
	collect := func(f NativeFrame) error {
		chosen[f.Index] = f.MD5()
		return nil
	}
	frames, err := verifyPass(ctx, opt, src, indices, collect)
	if err != nil {
		return err
	}
	opt.switches |= switchFullScan | switchStreamInfo
	all, err := verifyPass(ctx, opt, src, nil, func(f NativeFrame) error {
		if want, ok := chosen[f.Index]; ok && want != f.MD5() {
			return fmt.Errorf("frame %d differs from a sequential decode", f.Index)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if all != frames {
		return &Error{Failed, "decode", fmt.Errorf("the index promises %d frames, a sequential decode yields %d", frames, all)}
	}
	return nil
}

func verifyPass(ctx context.Context, opt Options, src Source, indices []int, fn func(NativeFrame) error) (int, error) {
	d, err := NewDecoder(opt)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	info, err := d.Info(ctx, src)
	if err != nil {
		return 0, err
	}
	return info.Frames, d.Native(ctx, src, indices, fn)
}
