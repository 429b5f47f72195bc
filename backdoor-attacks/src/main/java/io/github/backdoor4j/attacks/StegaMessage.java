package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Spreads a message over planes of 16×16 pixels, as many as an image has channels. */
final class StegaMessage extends Model {

  static final int SIDE = 16;

  private final int channels;
  private final Layer spread;

  /**
   * @param bits length of messages
   * @param channels of the images
   * @param scaled see {@link StegaUnet}
   */
  StegaMessage(int bits, int channels, boolean scaled) {
    this.channels = channels;
    this.spread = linear("spread", bits, channels * SIDE * SIDE);
    if (scaled) {
      initializeBy("spread.weight", Initializer.normal(Math.sqrt(2.0 / bits)));
      initializeBy("spread.bias", Initializer.constant(0));
    }
  }

  /** From N×bits, values 0 and 1, to N×C×16×16. */
  @Override
  protected Tensor forward(Pass pass, Tensor bits) {
    return torch.relu(spread.apply(pass, bits)).view(-1, channels, SIDE, SIDE);
  }
}
