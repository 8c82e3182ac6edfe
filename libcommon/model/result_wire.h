// Private to libcommon/model: a result to and from a packed Result (proto/liveload/v1/result.proto), uncompressed.
//
// What is written can be read: lists are cut and texts shortened to the same limits that reading insists on.
#ifndef LIBCOMMON_MODEL_RESULT_WIRE_H
#define LIBCOMMON_MODEL_RESULT_WIRE_H

#include "libcommon/model/result.h"

void ll_wire_result_pack(const struct ll_result *result, struct ll_buf *out);
// LL_DATA_LOSS, LL_RESOURCE_EXHAUSTED.
ll_err ll_wire_result_unpack(const void *data, size_t len, struct ll_result *out);

#endif
