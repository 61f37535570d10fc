#pragma once

namespace fokker {

/// Runs the program `fokker` and returns its exit code:
///   0        done
///   2        a wrong config or wrong arguments
///   3        a numerical failure, or an order lower than a solver declares
///   4        a file that cannot be read or written
///   128 + n  ended by signal n
int command_line(int argc, char** argv);

}  // namespace fokker
