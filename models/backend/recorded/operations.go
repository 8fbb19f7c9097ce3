package recorded

import "github.com/gomlx/compute"

// Operations are those that a Builder records, or passes on where they change nothing.
var Operations = map[compute.OpType]bool{
	compute.OpTypeAbs: true, compute.OpTypeAdd: true, compute.OpTypeBitwiseAnd: true, compute.OpTypeBitwiseOr: true,
	compute.OpTypeBitwiseXor: true, compute.OpTypeBroadcastInDim: true, compute.OpTypeCeil: true,
	compute.OpTypeConcatenate: true, compute.OpTypeConstant: true, compute.OpTypeConvertDType: true,
	compute.OpTypeCos: true, compute.OpTypeDiv: true, compute.OpTypeDotGeneral: true, compute.OpTypeEqual: true,
	compute.OpTypeErf: true, compute.OpTypeExp: true, compute.OpTypeExpm1: true, compute.OpTypeFloor: true,
	compute.OpTypeGreaterOrEqual: true, compute.OpTypeGreaterThan: true, compute.OpTypeIdentity: true,
	compute.OpTypeIota: true, compute.OpTypeLessOrEqual: true, compute.OpTypeLessThan: true, compute.OpTypeLog: true,
	compute.OpTypeLog1p: true, compute.OpTypeLogicalAnd: true, compute.OpTypeLogicalNot: true,
	compute.OpTypeLogicalOr: true, compute.OpTypeLogicalXor: true, compute.OpTypeLogistic: true, compute.OpTypeMax: true,
	compute.OpTypeMin: true, compute.OpTypeMul: true, compute.OpTypeNeg: true, compute.OpTypeNotEqual: true,
	compute.OpTypeOptimizationBarrier: true, compute.OpTypePad: true, compute.OpTypeParameter: true,
	compute.OpTypePow: true, compute.OpTypeReduceMax: true, compute.OpTypeReduceMin: true,
	compute.OpTypeReduceProduct: true, compute.OpTypeReduceSum: true, compute.OpTypeRem: true,
	compute.OpTypeReshape: true, compute.OpTypeReverse: true, compute.OpTypeRound: true, compute.OpTypeRsqrt: true,
	compute.OpTypeSchedulingBarrier: true, compute.OpTypeShiftLeft: true, compute.OpTypeShiftRightLogical: true,
	compute.OpTypeSign: true, compute.OpTypeSin: true, compute.OpTypeSlice: true, compute.OpTypeSqrt: true,
	compute.OpTypeSub: true, compute.OpTypeTanh: true, compute.OpTypeTranspose: true, compute.OpTypeWhere: true,
}
