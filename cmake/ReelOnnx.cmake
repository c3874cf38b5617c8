# Defines reel::protobuf_c, through which ONNX files are written, and REEL_PROTOC_C, which makes C of cli/onnx.proto.
# It is for the program alone, which is linked with it.
include(${CMAKE_CURRENT_LIST_DIR}/ReelFind.cmake)
find_program(REEL_PROTOC_C protoc-c)
mark_as_advanced(REEL_PROTOC_C)
if(REEL_PROTOC_C AND NOT CMAKE_CROSSCOMPILING)
  reel_find(reel::protobuf_c LIBRARY protobuf-c HEADER protobuf-c/protobuf-c.h MODULE libprotobuf-c
    CALLS protobuf_c_message_pack protobuf_c_message_get_packed_size)
endif()
