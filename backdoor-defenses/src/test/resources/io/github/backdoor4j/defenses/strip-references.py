"""Prints the expected thresholds and entropies of StripTest.

Run with SciPy 1.10:  python3 strip-references.py
"""

import numpy as np
import scipy.stats

clean = [0.9, 0.2, 1.4, 0.7, 1.1, 0.3, 1.0, 0.8, 1.2, 0.6]
print("normal quantile at 0.01: %.8f" % scipy.stats.norm.ppf(0.01, *scipy.stats.norm.fit(clean)))
print("normal quantile at 0.10: %.8f" % scipy.stats.norm.ppf(0.1, *scipy.stats.norm.fit(clean)))

p = np.exp([2, 0, -1]) / np.exp([2, 0, -1]).sum()
print("entropy in nats: %.8f, with 1e-8 added: %.8f" % (-(p * np.log(p)).sum(), -((p + 1e-8) * np.log(p + 1e-8)).sum()))
q = np.array([1, 0, 0]) + 1e-8
print("entropy of a certain prediction, with 1e-8 added: %.6e" % -(q * np.log(q)).sum())
