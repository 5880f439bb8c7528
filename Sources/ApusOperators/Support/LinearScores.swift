// Part of Apus, Apache-2.0.
// SPDX-License-Identifier: Apache-2.0

/// A linear model: one row of coefficients and one intercept per target.
package struct LinearScores {
    package let coefficients: [Float]
    /// Empty stands for zeros.
    package let intercepts: [Float]
    package let targets: Int

    package init(coefficients: [Float], intercepts: [Float], targets: Int) {
        self.coefficients = coefficients
        self.intercepts = intercepts
        self.targets = targets
    }

    /// The scores of one sample; the caller checked that the coefficients fill targets × columns.
    package func scores(_ samples: FeatureMatrix<Float>, _ row: Int) -> [Float] {
        let columns = samples.columns
        return (0..<targets).map { target in
            var sum: Float = 0
            for column in 0..<columns {
                sum += samples.values[row * columns + column] * coefficients[target * columns + column]
            }
            return intercepts.isEmpty ? sum : sum + intercepts[target]
        }
    }
}
