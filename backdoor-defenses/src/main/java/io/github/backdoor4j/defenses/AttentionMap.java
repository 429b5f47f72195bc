package io.github.backdoor4j.defenses;

import static io.github.backdoor4j.core.Checks.require;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Where in the image features are active: A(F) = Σ_c |F_c|^p, divided by its length.
 *
 * @param power p
 * @see <a href="https://arxiv.org/abs/1612.03928">Zagoruyko, Komodakis, Paying More Attention to
 *     Attention, ICLR 2017</a>
 */
record AttentionMap(double power) {

  private static final double TINY = 1e-6;

  /**
   * The maps of a batch.
   *
   * @param features N×C×h×w, tokens N×T×C, or N×D, which counts as a map of one pixel
   * @return N×(h·w), N×T or N×1; each row has length 1, or 0 where nothing is active
   */
  Tensor of(Tensor features) {
    Tensor sums = channelSums(floats(features).abs().pow(new Scalar(power)));
    Tensor length = torch.norm(sums, new ScalarOptional(new Scalar(2.0)), new long[] {1}, true);
    return sums.div(length.add(new Scalar(TINY)));
  }

  /** Half precision would lose small activities. */
  private static Tensor floats(Tensor features) {
    return features.scalar_type().intern() == ScalarType.BFloat16
        ? features.to(ScalarType.Float)
        : features;
  }

  private static Tensor channelSums(Tensor activity) {
    require(
        activity.dim() >= 2 && activity.dim() <= 4,
        "attention is over maps NxCxhxw, tokens NxTxC or features NxD, but got the shape %s",
        Arrays.toString(activity.shape()));
    return activity.dim() == 4
        ? activity.sum(1L).flatten(1, 2)
        : activity.dim() == 3 ? activity.sum(2L) : activity.sum(1L).unsqueeze(1);
  }
}
