// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

package import ApusTensors

/// Places for the values of a run; a place without a value holds nil.
///
/// The executor's steps read and write one table, so that nothing is allocated to hand values over.
@safe
package final class ValueTable {
    /// The number of places.
    package let count: Int
    private let places: UnsafeMutablePointer<Datum?>

    /// Makes a table of empty places.
    package init(count: Int) {
        precondition(count >= 0)
        self.count = count
        // SAFETY: as many places are initialised here as deinit takes down.
        unsafe places = .allocate(capacity: count)
        unsafe places.initialize(repeating: nil, count: count)
    }

    /// Makes a table of values.
    package convenience init(_ values: [Datum?]) {
        self.init(count: values.count)
        for index in values.indices { self[index] = values[index] }
    }

    deinit {
        unsafe places.deinitialize(count: count)
        unsafe places.deallocate()
    }

    /// The value at a place.
    package subscript(place: Int) -> Datum? {
        get {
            precondition(place >= 0 && place < count)
            return unsafe places[place]
        }
        set {
            precondition(place >= 0 && place < count)
            unsafe places[place] = newValue
        }
    }
}
