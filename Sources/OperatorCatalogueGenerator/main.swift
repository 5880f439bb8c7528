// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Writes the list of operator types: one element per file named on the command line after the output path.
/// A file is named after the operator type it declares.

import Glibc

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
    print("usage: OperatorCatalogueGenerator OUTPUT FILE...")
    exit(2)
}

let names = arguments.dropFirst(2).map { path in
    String((path.split(separator: "/").last ?? "").dropLast(".swift".count))
}
var text = "package import ApusGraphs\n\n/// Every operator type of this module, in name order.\n"
text += "package let standardOperators: [any Operator.Type] = [\n"
for name in names.sorted() { text += "    \(name).self,\n" }
text += "]\n"

/// Whether the file holds the text already; it is then left alone, so that nothing made from it is made again.
func holds(_ text: String, at path: String) -> Bool {
    // SAFETY: the file is read between opening and closing it; the path is a C string for the call.
    guard let file = unsafe fopen(path, "r") else { return false }
    defer { unsafe fclose(file) }
    for byte in text.utf8 where unsafe fgetc(file) != Int32(byte) { return false }
    return unsafe fgetc(file) == EOF
}

let output = arguments[1]
if holds(text, at: output) { exit(0) }
// SAFETY: the file is written between opening and closing it; both texts are C strings for the calls.
guard let file = unsafe fopen(output, "w") else {
    print("cannot write \(output)")
    exit(1)
}
let written = unsafe fputs(text, file)
guard unsafe fclose(file) == 0, written >= 0 else {
    print("cannot write \(output)")
    exit(1)
}
