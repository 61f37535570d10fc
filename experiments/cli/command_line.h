#pragma once

namespace fokker {

/// The program `fokker`; returns its exit code: 0 done, 2 wrong config or arguments, 3 numerical failure or an
/// order that a solver declares and has not, 4 a file that cannot be read or written, 128 + n ended by signal n.
int command_line(int argc, char** argv);

}  // namespace fokker
