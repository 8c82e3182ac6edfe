// The generated services and their messages. Include this, never coordinator.pb-c.h: an rpc called Register makes
// protobuf-c emit a struct member called `register`, which C reserves; here, and in proto/CMakeLists.txt, it is
// `register_`.
#ifndef LIBCOMMON_RPC_PB_H
#define LIBCOMMON_RPC_PB_H

#define register register_
#include <liveload/v1/coordinator.pb-c.h>
#undef register
#include <liveload/v1/envelope.pb-c.h>

#endif
