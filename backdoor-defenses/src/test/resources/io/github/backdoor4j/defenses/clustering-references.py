"""Prints the expected numbers of the clustering tests.

Run with scikit-learn 1.2.1 and NumPy 1.24.2:  python3 clustering-references.py
The tests build the same points from the same formulas.
"""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA, FastICA
from sklearn.metrics import silhouette_samples, silhouette_score


def waves(rows, columns):
    """Points without structure: element (i, j) is sin(1.7 i + 0.9 j²) + cos(0.3 i j)."""
    i = np.arange(rows)[:, None]
    j = np.arange(columns)[None, :]
    return np.sin(1.7 * i + 0.9 * j * j) + np.cos(0.3 * i * j)


def two_groups(rows):
    """Waves in three columns, every third row moved by 2."""
    x = waves(rows, 3)
    x[::3] += 2
    return x


def mixed(rows):
    """Three mixed sources: a sine, a square wave and a saw tooth."""
    t = 8 * np.arange(rows) / rows
    sources = np.stack([np.sin(2 * t), np.sign(np.sin(3 * t)), 2 * (t - np.floor(t)) - 1], 1)
    return sources @ np.array([[1, 1, 1], [0.5, 2, 1], [1.5, 1, 2]]).T


def show(name, values):
    print(name, " ".join("%.8f" % v for v in np.ravel(values)))


for rows, columns in ((40, 6), (5, 30)):
    x = waves(rows, columns)
    scores = PCA(3, svd_solver="full").fit_transform(x)
    show("pca %dx%d: first row, absolute" % (rows, columns), np.abs(scores[0]))
    show("pca %dx%d: variances" % (rows, columns), scores.var(0))

y = FastICA(3, random_state=0, whiten="unit-variance", tol=1e-8, max_iter=1000).fit_transform(mixed(400))
show("ica: mean log cosh of the components, ascending", np.sort(np.log(np.cosh(y)).mean(0)))

g = two_groups(90)
k = KMeans(2, n_init=10, random_state=0).fit(g)
show("2-means: inertia", k.inertia_)
print("2-means: sizes", sorted(np.bincount(k.labels_)))
show("2-means: mean silhouette", silhouette_score(g, k.labels_))

points = [(0, 0), (0, 1), (1, 0), (1, 1), (0.5, 0.5), (0, 0.5), (0.5, 0), (10, 10), (10, 11)]
show("silhouettes, right labels", silhouette_samples(points, [0] * 7 + [1] * 2))
show("silhouettes, mean with other labels", silhouette_score(points, [0, 0, 0, 0, 1, 1, 0, 1, 1]))
show("silhouettes, one dimension", silhouette_score([[0], [0.1], [0.2], [5], [5.1]], [0, 0, 0, 1, 1]))
big = waves(4000, 4)
show("silhouettes, 4000 points, labels i mod 2", silhouette_score(big, np.arange(4000) % 2))
print("rounding", [np.round(s / 200, 2) for s in (69, 70, 71)])
