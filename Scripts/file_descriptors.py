# Part of Apus, Apache-2.0.
# SPDX-License-Identifier: Apache-2.0

"""Prints a protoc descriptor set as Swift: every file's name, what it imports, its symbols, and its bytes as text."""

import sys

from google.protobuf import descriptor_pb2


def symbols(file):
    """Full names of everything a file declares that reflection may be asked for."""
    names = []

    def add_message(prefix, message):
        name = f"{prefix}.{message.name}"
        names.append(name)
        names.extend(f"{name}.{enum.name}" for enum in message.enum_type)
        names.extend(f"{name}.{field.name}" for field in message.field)
        for nested in message.nested_type:
            add_message(name, nested)

    for message in file.message_type:
        add_message(file.package, message)
    names.extend(f"{file.package}.{enum.name}" for enum in file.enum_type)
    for service in file.service:
        names.append(f"{file.package}.{service.name}")
        names.extend(f"{file.package}.{service.name}.{method.name}" for method in service.method)
    return names


def text_list(values):
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def main():
    files = descriptor_pb2.FileDescriptorSet()
    with open(sys.argv[1], "rb") as source:
        files.ParseFromString(source.read())
    print("// Made by Scripts/generate-protocol. Do not edit.")
    print("// swift-format-ignore-file\n")
    print("/// The descriptors of the protocol's own files, which reflection hands out.")
    print("package enum FileDescriptors {")
    print("    /// Every file.")
    print("    package static let all: [FileDescriptor] = [")
    for file in files.file:
        services = [f"{file.package}.{service.name}" for service in file.service]
        print("        FileDescriptor(")
        print(f'            name: "{file.name}",')
        print(f"            imports: {text_list(file.dependency)},")
        print(f"            services: {text_list(services)},")
        print("            symbols: [")
        for symbol in symbols(file):
            print(f'                "{symbol}",')
        print("            ],")
        print('            hexadecimal: """')
        text = file.SerializeToString().hex()
        for start in range(0, len(text), 96):
            print(f"                {text[start:start + 96]}\\")
        print("")
        print('                """),')
    print("    ]")
    print("}")


main()
