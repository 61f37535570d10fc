#include "fokker/core/parallel.h"
#include "fokker/experiments/command_line.h"

int main(int argc, char** argv) {
  fokker::flush_subnormals();
  return fokker::command_line(argc, argv);
}
