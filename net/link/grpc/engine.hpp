// ENGINE: gRPC as long as the process lives.
#pragma once

namespace troupe {

/// gRPC 1.51 ends its event engine with the last channel or server of the process, while a timer of it may still run: the destructor of
/// PosixEventEngine was seen to crash, once in ten times; and its queue of callbacks, which was seen to be freed twice. From the first call
/// on, a channel that is never used stays until the process ends, and holds both. Nor is OpenSSL ended then: its handler was seen to crash
/// beside threads of gRPC. Called before anything of gRPC is made.
void keep_engine();

} // namespace troupe
