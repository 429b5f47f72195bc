package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The latest losses of a training, as tensors that a checkpoint can hold. */
final class LossHistory {

  private final int length;
  private final Tensor losses;
  private final Tensor seen;

  /**
   * @param length how many losses are looked back on
   */
  LossHistory(int length) {
    this.length = length;
    this.losses = torch.zeros(length);
    this.seen = Tensors.ofLongs(new long[] {0});
  }

  /** Whether the window is full and its mean below a threshold. */
  boolean below(double threshold) {
    return seen.item_long() >= length && losses.mean().item_double() < threshold;
  }

  /** Appends a loss; the oldest one drops out. */
  void add(double loss) {
    losses.select(0, seen.item_long() % length).fill_(new Scalar(loss));
    seen.add_(new Scalar(1L));
  }

  Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put("losses", losses);
    state.put("seen", seen);
    return state;
  }
}
