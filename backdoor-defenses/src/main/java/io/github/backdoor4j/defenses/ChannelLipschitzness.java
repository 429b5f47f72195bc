package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How much each channel of a convolution with batch normalisation can amplify its input: the
 * largest singular value of its kernel, seen as a matrix of input channels times positions, times
 * |γ/σ|.
 */
final class ChannelLipschitzness {

  private ChannelLipschitzness() {}

  /**
   * Upper bound per channel.
   *
   * @param weight of the convolution, out×in×k×k
   * @param scale γ per channel
   * @param variance running variance per channel
   * @param epsilon added to the variance
   */
  static double[] of(Tensor weight, double[] scale, double[] variance, double epsilon) {
    double[] bounds = spectralNorms(weight);
    for (int c = 0; c < bounds.length; c++) {
      bounds[c] *= Math.abs(scale[c] / Math.sqrt(variance[c] + epsilon));
    }
    return bounds;
  }

  /**
   * Largest singular value of each kernel as an in×k² matrix, as the root of the largest eigenvalue
   * of its smaller Gram matrix. In double precision on the CPU: the matrices are tiny.
   */
  static double[] spectralNorms(Tensor weight) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor kernels =
          ComputeDevice.CPU.place(weight.detach()).to(ScalarType.Double).contiguous().flatten(2, 3);
      Tensor turned = kernels.transpose(1, 2);
      boolean wide = kernels.size(2) > kernels.size(1);
      Tensor gram = wide ? kernels.matmul(turned) : turned.matmul(kernels);
      Tensor largest = torch.linalg_eigvalsh(gram).amax(new long[] {1}, false);
      return Tensors.toDoubles(largest.clamp_min(Tensors.scalar(0)).sqrt());
    }
  }
}
