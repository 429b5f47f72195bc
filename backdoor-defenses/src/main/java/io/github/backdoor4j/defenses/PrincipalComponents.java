package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Principal components of a cloud of points, through whichever Gram matrix is smaller. */
final class PrincipalComponents {

  /** Directions with less than this share of the points' mean square are rounding noise. */
  private static final double NOISE = 1e-12;

  private static final long[] ROWS = {0};

  private PrincipalComponents() {}

  /**
   * Scores of the leading components: orthogonal columns, largest variance first.
   *
   * @param points N×D, any floating type
   * @param dimensions how many components are wanted, at least 1
   * @return N×k doubles with k ≤ {@code dimensions}, centred; fewer than asked for where the points
   *     span fewer, and k = 0 if all are equal
   */
  static Tensor scores(Tensor points, int dimensions) {
    return TensorScope.scoped(() -> leading(points.to(ScalarType.Double), dimensions));
  }

  /**
   * The same with the variance of every component brought to 1.
   *
   * @return N×k doubles
   */
  static Tensor whitened(Tensor points, int dimensions) {
    return TensorScope.scoped(
        () -> {
          Tensor scores = leading(points.to(ScalarType.Double), dimensions);
          Tensor variance = scores.square().mean(ROWS, true, new ScalarTypeOptional());
          return scores.div(variance.sqrt());
        });
  }

  private static Tensor leading(Tensor points, int dimensions) {
    Tensor centred = points.sub(points.mean(ROWS, true, new ScalarTypeOptional()));
    boolean tall = centred.size(0) >= centred.size(1);
    Tensor gram = tall ? centred.t().matmul(centred) : centred.matmul(centred.t());
    T_TensorTensor_T eigen = torch.linalg_eigh(gram); // ascending
    double[] values = Tensors.toDoubles(eigen.get0());
    int kept = above(NOISE * points.square().sum().item_double(), values, dimensions);
    Tensor vectors = eigen.get1().narrow(1, values.length - kept, kept).flip(1);
    if (tall) {
      return centred.matmul(vectors);
    }
    Tensor lengths = eigen.get0().narrow(0, values.length - kept, kept).flip(0).sqrt();
    return vectors.mul(lengths);
  }

  private static int above(double floor, double[] ascending, int wanted) {
    int kept = 0;
    while (kept < Math.min(wanted, ascending.length)
        && ascending[ascending.length - 1 - kept] > floor) {
      kept++;
    }
    return kept;
  }
}
