// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// Files written by NumPy 2.4 and pictures by Pillow 12.3, in base 64.
enum Samples {
    /// The bytes of a base 64 text.
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var result: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.utf8 {
            guard let digit = digits.firstIndex(of: byte) else { continue }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return result
    }

    static let deflatedArchive = bytes(
        """
        UEsDBC0AAAAIAAAAIQBP6QAq//////////8FABQAYS5ucHkBABAAmAAAAAAAAABVAAAAAAAAAJvsF+obEMnIUMZQrZ6SWpxcpG6l
        oG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYwaLAHEg5ABMQNQLzAAQBQSwMELQAAAAgA
        AAAhACO48Gz//////////wcAFAB4OjAubnB5AQAQAIgAAAAAAAAARgAAAAAAAACb7BfqGxDJyFDGUK2eklqcXKRupaBuk2mhrqOg
        npZfVFKUmBefX5SSChJ3S8wpTgWKF2ckFqQC+RqaOgq1ChQBLnYGCAAAUEsBAi0DLQAAAAgAAAAhAE/pACpVAAAAmAAAAAUAAAAA
        AAAAAAAAAIABAAAAAGEubnB5UEsBAi0DLQAAAAgAAAAhACO48GxGAAAAiAAAAAcAAAAAAAAAAAAAAIABjAAAAHg6MC5ucHlQSwUG
        AAAAAAIAAgBoAAAACwEAAAAA
        """)
    static let fortran = bytes(
        """
        k05VTVBZAQB2AHsnZGVzY3InOiAnPGkyJywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAMAAQAEAAIABQA=
        """)
    static let bigEndian = bytes(
        """
        k05VTVBZAQB2AHsnZGVzY3InOiAnPmk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDMsKSwgfSAgICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAABAAAAAv////0=
        """)
    static let strings = bytes(
        """
        k05VTVBZAQB2AHsnZGVzY3InOiAnPFUyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIpLCB9ICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAphAAAAYgAAAPwAAAAAAAAAAAAAAAAA
        AADlZQAALGcAAA==
        """)
    static let complexBigEndian = bytes(
        """
        k05VTVBZAQB2AHsnZGVzY3InOiAnPmM4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsKSwgfSAgICAgICAg
        ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo/gAAAQAAAAA==
        """)
    static let noise = bytes(
        """
        +MK+z5Ma7RX10+8tBZ2fPDbsbS7HUiDNJAeG3jmSCJUODxYKkNAYGAcpC1U7aOFu4skInxobo3ohKclDRqbkKDKzALGJPw28/0Be
        CAicGR2dkr5z24cnZO1/SOOoFUmEEJmMa1CjPW4v5ZSqYW44lkrBPizu7+K8Ds25wUnuzfSgbkTJT2jBSFjF6lGUMAemlSh+pig2
        O7INmYfeO7/vSsGaUvBzp2EAudKwE0yxNPltXqLxxQVkTDL3piP6
        """)
    static let noiseGrey = bytes(
        """
        0pdv0XBNUkMedFsTqBA8sLpCfIqQPngwfRkqqJW3rkBvYlivZG5H4pKA32BrYIYlUk98lp2Zs2vHRq6XSVBj
        """)
    static let noisePNG = bytes(
        """
        iVBORw0KGgoAAAANSUhEUgAAAAkAAAAHCAIAAABV+fA3AAAAz0lEQVR4nAHEADv/APjCvs+TGu0V9dPvLQWdnzw27G0ux1IgzSQH
        hgDeOZIIlQ4PFgqQ0BgYBykLVTto4W7iyQifGhsAo3ohKclDRqbkKDKzALGJPw28/0BeCAicGR2dAu9EUrK+5B5HmyCx9RWY+9GM
        0GwQRTVmk8x3DQFhbjg13Imo4i2xts4f6/2zfDUMq7KhUCnhJPgBSFjFovnPRrYSZSHYEQC4lYrXXtXRojgRDwKrAFLwc6dhALnS
        sBNMsTT5bV6i8cUFZEwy96Yj+stDWGO+WtL4AAAAAElFTkSuQmCC
        """)
    static let plainJPEG = bytes(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU
        FRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU
        FBQUFBQUFBT/wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QA
        FQEBAQAAAAAAAAAAAAAAAAAABwj/xAAUEQEAAAAAAAAAAAAAAAAAAAAA/9oADAMBAAIRAxEAPwCQAHqQf//Z
        """)
    static let greyJPEG = bytes(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4RDgsLEBYQERMU
        FRUVDA8XGBYUGBIUFRT/wAALCAAEAAQBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI
        AQEAAD8AO7//2Q==
        """)
    static let transparentPNG = bytes(
        """
        iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAE0lEQVR4nGM8kWL0nwEKmBiQAAA3ngJhfvirFgAAAABJRU5ErkJg
        gg==
        """)
    static let bilinear4By3 = bytes(
        """
        i3tcY31dRVuEc0xtg4xpVZeaV3CVcWWMhW2FcmmUd4iTbXPO
        """)
    static let bilinear12By10 = bytes(
        """
        +MK+3qVY2mRs6jDc1tRGUrx0Gna8QjXnZy/MXCXLQReyJAeG6nemlIpLaGU4ei5qp8UsS4JHFklvKlCMYYiVjIR1jFVYaBFLz0l2
        WIE+FXsqKEhBa5s/OF5BFDhLJ1Jdf6tpoKVEmmkyfhs8pncnV6g2Mrh5QJPUMEexEn+TGHCXVBeq4EFqaSaBFxaVIB2XmKZWm6E/
        g7JbVs+jQaurH4KUFWyOMGSbj06NVktqVlZznmqlgaJeqoRemod4XLGnfduuPKCgKXqfVn+thoijZm98c22CsYWyYG0/hFiPdz/P
        U0Dk1cO/Zcy1U5nFvWLbydurj4i8YFfGT2y/Tl6iolWgmDipQxmznE6TkVNrc2xRZplWnaG+a6HdSaXNS6ukTZygnHJvqVxza12o
        XT6YamlpZJRdV596oFihamzXVX3hc3rFUvBzh5crrotCpMGwKF2xKLiHRNifa47fuBl2eSHAbiz4piP6
        """)
    static let bicubic4By3 = bytes(
        """
        k35aXnpYP1yFdUdrgotmS5qlW3CVcmWLh2yGcWeUeo2ObnPW
        """)
    static let bicubic12By10 = bytes(
        """
        +83K5LBI5Vlo+yL85OE8R9FtB3rNRi33bCXQWxrZNg+9GwWI9XO2lZBFYlsnexpnuN0cTIU8BzZtJFKKWJKamphzm1pOawtD2zZ7
        S4M7AH0WFDcqcaU1OlM0CB46HVNOfcNltsczr3IdhRIvq3IgUq0rJsZ9Q5XkLzW2CYuPCnyZUwqz+kFiaCCAAw2eGRuZmLJcqKIx
        kr5MWOmnM66yFnmUCGiKIGuZkzyRRj5bTFlrsnSufq5huoBWq4FuWcCjhPmwNKGhGG+gUoexgIuqXW5qeW90y464XG00iFmOdDLf
        STTs687AWuOyPpXLy1Pm0+6mkoi8WkjMSWzARFCts1Sroi2xKwC0qUWOpj9idl03XKI5oanKaq7yPbPOQbmYRaGtpnJoulllaF+p
        Ui6Yb1xeZZtKSapvpkqgZmriTIfmeHzCT/90g5EXvIgutNe6GVO4Fch+PPekbI72xQhkdRS6aCf/sRj/
        """)
    static let lanczos4By3 = bytes(
        """
        mYFZU3lUPl2GeUFqgYlnRJenXHCQdmuJi2mLdmeTepKQcHLc
        """)
    static let lanczos12By10 = bytes(
        """
        /NHQ5sA+5kpw/yf/6thIQudeAHXiUCn8cRrSWxPhKQnFFAaM+nPDoplGaEghhhpkwucYVJQzACVvJF2JS5OgoKt1oVhGbwtD3yV0
        RoU8AIAWDjQka5o3QlgyABExIFNIgspdx+MtsWkUfwsrr20iUagkGtKERYzkMy+7C4+EAIGdXgWy/0JhdSh6BQqiHhyWlLtirqMr
        nspFW/ayJae6F2qTAW6FHWyamSuWOClXQV1wtnm2fLViwH9TrXJpXMuejP+vNK2hCmSkWpC7fJeuWXFahnBs2469WWoyj1+HaCTv
        SzLr8MbBX/WqLoPP1lbj2e+nlJO6Uz7QR3G+OkCsulW1nR3DHwC4skGNwD9nb1IqZaE0pLvMc7b/M7fKNMGQP6i3pnRjyl5VZGap
        QymadEtYYqdAQatroz+dZV/eR5DggXvAT/91d48PyoomtN3EHFfDB8dyOf+0dYP/zAVidQuqZSX/txL/
        """)
    static let nearest4By3 = bytes(
        """
        CJUOkNAYC1U74skI24cnSOOoEJmMPW4v6lGUlSh+O7INO7/v
        """)
    static let nearest12By10 = bytes(
        """
        +MK+z5Maz5Ma7RX10+8tBZ2fBZ2fPDbsbS7HUiDNUiDNJAeG3jmSCJUOCJUODxYKkNAYGAcpGAcpC1U7aOFu4skI4skInxob3jmS
        CJUOCJUODxYKkNAYGAcpGAcpC1U7aOFu4skI4skInxobo3ohKclDKclDRqbkKDKzALGJALGJPw28/0BeCAicCAicGR2dkr5z24cn
        24cnZO1/SOOoFUmEFUmEEJmMa1CjPW4vPW4v5ZSqkr5z24cn24cnZO1/SOOoFUmEFUmEEJmMa1CjPW4vPW4v5ZSqYW44lkrBlkrB
        Pizu7+K8Ds25Ds25wUnuzfSgbkTJbkTJT2jBSFjF6lGU6lGUMAemlSh+pig2pig2O7INmYfeO7/vO7/vSsGaSFjF6lGU6lGUMAem
        lSh+pig2pig2O7INmYfeO7/vO7/vSsGaUvBzp2EAp2EAudKwE0yxNPltNPltXqLxxQVkTDL3TDL3piP6
        """)
    static let noiseWebP = bytes(
        """
        UklGRjYBAABXRUJQVlA4TCkBAAAvCIABAPfhOAAAFNLdzdMMnla1jKcRuru5jj3cCABAKGfbdxtyTb2itefpGa4PeNRk25bTAACQBnd3
        l0yFRPT3OGJH7Ie1Jffk7jb/ofHUg/T1ZUTIDwRbyY1hXZWXDpnorZ1wyng+QxxuA/Y1G8x8uoTx/3NOMct273NcAS5T4ESjiiCV11jr
        nz/URbQE/eUHtztUZsSMXgAekvNtQxZn5pV2AZ6qCSK+jR+9ZRy+xEeC1t7UIUzqLaUbgR95uTKxIrewPxEvd8x7DsG7i0N7Mxp/o5JK
        oZN/rEf6tbwTETcdEgINPf5E/X5+Ag0MAwAsml22bdt2Ef2PAn3g9BNExU7ACbkLQuNXqOeSo2oHNm1mNnqtz71VSdZ8P1gyy8RdtM9E
        Y6zB/VMA
        """)
    static let noiseJPEG2000 = bytes(
        """
        AAAADGpQICANCocKAAAAFGZ0eXBqcDIgAAAAAGpwMiAAAAAtanAyaAAAABZpaGRyAAAABwAAAAkAAwcHAAAAAAAPY29scgEAAAAAABAA
        AAG2anAyY/9P/1EALwAAAAAACQAAAAcAAAAAAAAAAAAAAAkAAAAHAAAAAAAAAAAAAwcBAQcBAQcBAf9SAAwAAAABAAIEBAAB/1wACkBA
        SEhQSEhQ/2QAJQABQ3JlYXRlZCBieSBPcGVuSlBFRyB2ZXJzaW9uIDIuNS40/5AACgAAAAABOAAB/5PPtBwC8ZvAxcZ4z7QcEpXNMfLn
        7MfUDAZBcnxaOMfaCx9oPD7QUA+oZ6hDBlEfPOsG3w0R2DinwfOFj7QaPwBgBcI4Wn8ExcZY6XADrZJmKt/H2gsfaEQ+0FALdTg9Lwbt
        5HJ21gt/Dhloc9LPwFJ+AnH4CAAX3nsHwncNnzDownJks/mD9B0ZRxBiw5vJLcIpbMsRkcbhgNWtADscfVyhssV+fvmeMDSrHf9/z8BO
        fgJx+AeAF9z8aPNKYyor/Ky52kGy/lm5wxqCMpHhDVENLZhKbOe518xIu+cPd8JSTtey1knQCp+Ox6/PwE5+AnH4CIARil88bPMHR3uD
        tuT6Out7zssZEGA+fINtXro+Gvr4vV2wTVynFxrB6+qYLYSddS6A9JaGPv9//9k=
        """)
    static let noiseCodestream = bytes(
        """
        /0//UQAvAAAAAAAJAAAABwAAAAAAAAAAAAAACQAAAAcAAAAAAAAAAAADBwEBBwEBBwEB/1IADAAAAAEAAgQEAAH/XAAKQEBISFBISFD/
        ZAAlAAFDcmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjT/kAAKAAAAAAE4AAH/k8+0HALxm8DFxnjPtBwSlc0x8ufsx9QMBkFy
        fFo4x9oLH2g8PtBQD6hnqEMGUR886wbfDRHYOKfB84WPtBo/AGAFwjhafwTFxljpcAOtkmYq38faCx9oRD7QUAt1OD0vBu3kcnbWC38O
        GWhz0s/AUn4CcfgIABfeewfCdw2fMOjCcmSz+YP0HRlHEGLDm8ktwilsyxGRxuGA1a0AOxx9XKGyxX5++Z4wNKsd/3/PwE5+AnH4B4AX
        3Pxo80pjKiv8rLnaQbL+WbnDGoIykeENUQ0tmEps57nXzEi75w93wlJO17LWSdAKn47Hr8/ATn4CcfgIgBGKXzxs8wdHe4O25Po663vO
        yxkQYD58g21euj4a+vi9XbBNXKcXGsHr6pgthJ11LoD0loY+/3//2Q==
        """)
}
