package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Trainable;
import io.github.backdoor4j.core.nn.Trainables;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The StegaStamp encoder: hides a message in an image, of any size.
 *
 * @param message spreads the message over planes
 * @param unet makes the image from planes and image
 * @param residual whether the network's output is added to the image, as in StegaStamp; else it is
 *     the image, squeezed into [0, 1] by a sigmoid
 */
record StegaEncoder(StegaMessage message, StegaUnet unet, boolean residual) {

  private static final String MESSAGE = "message";
  private static final String UNET = "unet";

  /** An encoder without weights. */
  static StegaEncoder blank(int channels, int bits, int width, boolean residual) {
    return new StegaEncoder(
        new StegaMessage(bits, channels, residual),
        new StegaUnet(channels, width, residual),
        residual);
  }

  StegaEncoder initialize(Seed seed, ComputeDevice device) {
    message.initialize(seed.child(MESSAGE)).to(device);
    unet.initialize(seed.child(UNET)).to(device);
    return this;
  }

  /** Both parts as one, to be trained. */
  Trainable trainable() {
    return Trainables.joined(parts());
  }

  private Map<String, Trainable> parts() {
    Map<String, Trainable> parts = new LinkedHashMap<>();
    parts.put(MESSAGE, message);
    parts.put(UNET, unet);
    return parts;
  }

  Map<String, Tensor> state() {
    return trainable().parameters();
  }

  /** Takes over weights, which it then leaves as they are, and their device. */
  StegaEncoder load(Map<String, Tensor> weights) {
    ComputeDevice device = ComputeDevice.of(weights.values().iterator().next());
    message.load(part(MESSAGE, weights)).to(device);
    unet.load(part(UNET, weights)).to(device);
    message.requireGradients(false);
    unet.requireGradients(false);
    return this;
  }

  /** The tensors of one part, by the names it knows them by. */
  static Map<String, Tensor> part(String name, Map<String, Tensor> joined) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    joined.forEach(
        (key, tensor) -> {
          if (key.startsWith(name + ".")) {
            part.put(key.substring(name.length() + 1), tensor);
          }
        });
    return part;
  }

  /**
   * Hides messages; differentiable.
   *
   * @param unit images, N×C×H×W in [0, 1]
   * @param bits N×bits, values 0 and 1
   * @return N×C×H×W, a little outside [0, 1] at times where the encoder is residual
   */
  Tensor embed(Tensor unit, Tensor bits) {
    Tensor planes = message.apply(bits);
    Tensor output =
        Sixteenths.through(
            unit,
            images -> {
              long[] size = {images.size(2), images.size(3)};
              Tensor spread = torch.upsample_nearest2d(planes, size);
              return unet.apply(torch.cat(new TensorVector(spread, images), 1));
            });
    return residual ? unit.add(output) : torch.sigmoid(output);
  }
}
