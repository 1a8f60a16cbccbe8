/* compile/onnx/external: tensor data that lies in a file of its own, beside the model. */
#ifndef COMPILE_ONNX_EXTERNAL_H
#define COMPILE_ONNX_EXTERNAL_H
#include "base/arena.h"

/* `size` bytes at `offset` of folder/location. The file must lie inside the folder, links resolved: no absolute paths,
 * no "..". */
tacit_status external_read(const char *folder, const char *location, uint64_t offset, size_t size, arena *a,
                           unsigned char **data, tacit_error *err) TACIT_MUST_CHECK;
/* The folder of a path ("." when it has none); NULL when the arena is full. */
const char *external_folder(const char *path, arena *a);
#endif
