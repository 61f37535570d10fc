#include "fokker/experiments/command_line.h"

int main(int argc, char** argv) { return fokker::command_line(argc, argv); }
