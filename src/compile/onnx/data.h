/* compile/onnx/data: TensorProto to a constant of the graph. */
#ifndef COMPILE_ONNX_DATA_H
#define COMPILE_ONNX_DATA_H
#include "compile/graph.h"
#include "onnx.pb-c.h"

/* Element type of an ONNX data type; false if it is not supported. */
bool data_elem_type(int32_t data_type, elem_type *out);
/* Fills type, shape and values of t (its name is used in errors). NaN and infinity are refused. */
tacit_status data_load(graph *g, const Onnx__TensorProto *p, gtensor *t, tacit_error *err) TACIT_MUST_CHECK;
#endif
