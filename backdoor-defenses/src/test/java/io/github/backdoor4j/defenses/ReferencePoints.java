package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The points of clustering-references.py, from the same formulas. */
final class ReferencePoints {

  private ReferencePoints() {}

  static double[][] waves(int rows, int columns) {
    double[][] points = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        points[i][j] = Math.sin(1.7 * i + 0.9 * j * j) + Math.cos(0.3 * i * j);
      }
    }
    return points;
  }

  static double[][] twoGroups(int rows) {
    double[][] points = waves(rows, 3);
    for (int i = 0; i < rows; i += 3) {
      for (int j = 0; j < 3; j++) {
        points[i][j] += 2;
      }
    }
    return points;
  }

  /** A sine, a square wave and a saw tooth. */
  static double[][] sources(int rows) {
    double[][] sources = new double[rows][];
    for (int i = 0; i < rows; i++) {
      double t = 8.0 * i / rows;
      sources[i] =
          new double[] {Math.sin(2 * t), Math.signum(Math.sin(3 * t)), 2 * (t - Math.floor(t)) - 1};
    }
    return sources;
  }

  static double[][] mixed(double[][] sources) {
    double[][] points = new double[sources.length][];
    for (int i = 0; i < sources.length; i++) {
      double[] s = sources[i];
      points[i] =
          new double[] {
            s[0] + s[1] + s[2], 0.5 * s[0] + 2 * s[1] + s[2], 1.5 * s[0] + s[1] + 2 * s[2]
          };
    }
    return points;
  }

  /** Doubles in full precision: {@link Tensors} makes floats only. */
  static Tensor tensor(double[][] points) {
    int columns = points[0].length;
    double[] flat = new double[points.length * columns];
    for (int i = 0; i < points.length; i++) {
      System.arraycopy(points[i], 0, flat, i * columns, columns);
    }
    return org.bytedeco.pytorch.AbstractTensor.create(flat, points.length, columns)
        .to(ScalarType.Double);
  }
}
