package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * FastICA with parallel (symmetric) updates and the log-cosh contrast, whose derivative is tanh.
 *
 * @see <a href="https://doi.org/10.1016/S0893-6080(00)00026-5">Hyvärinen and Oja, 2000, §6</a>
 */
final class FastIca {

  /** scikit-learn's defaults. */
  private static final int MAX_ITERATIONS = 200;

  private static final double TOLERANCE = 1e-4;
  private static final long[] ROWS = {0};

  private FastIca() {}

  /**
   * Independent components of a cloud of points, each of variance 1; their signs and order mean
   * nothing. A run that does not converge within 200 iterations returns what it has, as is usual.
   *
   * @param points N×D, any floating type
   * @param dimensions how many components are wanted
   * @param seed of the first rotation
   * @return N×k doubles, k as {@link PrincipalComponents#scores} would have it
   */
  static Tensor components(Tensor points, int dimensions, Seed seed) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor white = PrincipalComponents.whitened(points, dimensions);
      long k = white.size(1);
      if (k == 0) {
        return scope.keep(white);
      }
      Tensor drawn =
          torch.randn(
              new long[] {k, k}, Tensors.generator(seed), new TensorOptions(ScalarType.Double));
      Tensor start = ComputeDevice.of(white).place(drawn);
      return scope.keep(white.matmul(unmixing(white, decorrelated(start)).t()));
    }
  }

  private static Tensor unmixing(Tensor white, Tensor start) {
    Tensor rotation = start;
    for (int i = 0; i < MAX_ITERATIONS; i++) {
      Tensor before = rotation;
      rotation = TensorScope.scoped(() -> decorrelated(step(white, before)));
      if (change(before, rotation) < TOLERANCE) {
        break;
      }
    }
    return rotation;
  }

  /** w⁺ = E[z·g(wᵀz)] − E[g′(wᵀz)]·w for every row w, with g = tanh. */
  private static Tensor step(Tensor white, Tensor rotation) {
    Tensor g = white.matmul(rotation.t()).tanh();
    Tensor slope =
        g.square().neg().add(Tensors.scalar(1)).mean(ROWS, false, new ScalarTypeOptional());
    Tensor mean = g.t().matmul(white).div(Tensors.scalar((double) white.size(0)));
    return mean.sub(rotation.mul(slope.unsqueeze(1)));
  }

  /** (W·Wᵀ)^(−1/2)·W: the orthogonal matrix nearest to W. */
  private static Tensor decorrelated(Tensor w) {
    T_TensorTensor_T eigen = torch.linalg_eigh(w.matmul(w.t()));
    Tensor scale = eigen.get0().clamp_min(Tensors.scalar(Double.MIN_NORMAL)).rsqrt();
    Tensor vectors = eigen.get1();
    return vectors.mul(scale).matmul(vectors.t()).matmul(w);
  }

  private static double change(Tensor before, Tensor after) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor cosines = before.mul(after).sum(1);
      return cosines.abs().sub(Tensors.scalar(1)).abs().max().item_double();
    }
  }
}
