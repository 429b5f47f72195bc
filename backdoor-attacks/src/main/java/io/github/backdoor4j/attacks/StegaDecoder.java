package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.ImageShape;
import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The StegaStamp decoder: reads the message back from an image of the size it was built for. */
final class StegaDecoder extends Model {

  private static final int[] CHANNELS = {32, 32, 64, 64, 64, 128, 128};
  private static final int[] STRIDES = {2, 1, 2, 1, 2, 2, 2};
  private static final int HIDDEN = 512;

  private final List<Layer> convolutions = new ArrayList<>();
  private final Layer hidden;
  private final Layer logits;

  /**
   * @param shape of the images
   * @param bits length of messages
   * @param scaled see {@link StegaUnet}
   */
  StegaDecoder(ImageShape shape, int bits, boolean scaled) {
    int in = shape.channels();
    int height = shape.height();
    int width = shape.width();
    for (int i = 0; i < CHANNELS.length; i++) {
      String name = "conv" + (i + 1);
      convolutions.add(conv2d(name, in, CHANNELS[i], 3, STRIDES[i], 1, true));
      scale(name, 9 * in, scaled);
      in = CHANNELS[i];
      height = (height - 1) / STRIDES[i] + 1;
      width = (width - 1) / STRIDES[i] + 1;
    }
    int features = in * height * width;
    hidden = linear("hidden", features, HIDDEN);
    scale("hidden", features, scaled);
    logits = linear("logits", HIDDEN, bits);
  }

  private void scale(String name, int fan, boolean scaled) {
    if (scaled) {
      initializeBy(name + ".weight", Initializer.normal(Math.sqrt(2.0 / fan)));
      initializeBy(name + ".bias", Initializer.constant(0));
    }
  }

  /** From N×C×H×W in [0, 1] to one logit per bit, N×bits. */
  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Tensor h = x;
    for (Layer layer : convolutions) {
      h = torch.relu(layer.apply(pass, h));
    }
    Tensor features = torch.relu(hidden.apply(pass, h.contiguous().flatten(1, -1)));
    return logits.apply(pass, features);
  }
}
