package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.data.Normalization;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/** In what units a perturbation of images is measured, and whether the images stay images. */
enum PerturbationSpace {
  /** Units of the normalised images that the network sees. */
  NORMALIZED {
    @Override
    Tensor add(Tensor x, Tensor delta, Normalization normalization) {
      return x.add(delta);
    }
  },
  /** Units of pixels in [0, 1]; sums may leave that range. */
  PIXEL {
    @Override
    Tensor add(Tensor x, Tensor delta, Normalization normalization) {
      return normalization.fromUnit(normalization.toUnit(x).add(delta));
    }
  },
  /** Units of pixels in [0, 1]; sums are cut off there. */
  CLIPPED_PIXEL {
    @Override
    Tensor add(Tensor x, Tensor delta, Normalization normalization) {
      Tensor sum = normalization.toUnit(x).add(delta);
      return normalization.fromUnit(
          sum.clamp(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(1.0))));
    }
  };

  /**
   * Perturbed images; differentiable with respect to the perturbation.
   *
   * @param x normalised images N×C×H×W
   * @param delta in units of this space; N×C×H×W, or 1×C×H×W for all images alike
   * @return normalised images N×C×H×W
   */
  abstract Tensor add(Tensor x, Tensor delta, Normalization normalization);
}
