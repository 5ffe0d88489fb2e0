#include <cstring>
#include <exception>
#include <iostream>

#include "server/commands/command_line.h"
#include "server/imaging/decoder.h"

int main(int argc, char** argv) {
  // The decoders' child: the same binary, with nothing of the program in it but the pixels.
  if (argc == 2 && std::strcmp(argv[1], "decode-worker") == 0) return lightfast::imaging::run_decode_worker();
  try {
    return lightfast::commands::run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "lightfast: " << error.what() << "\n";
    return 1;
  }
}
