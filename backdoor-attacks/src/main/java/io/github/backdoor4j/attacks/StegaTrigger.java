package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Hides one message in every image; the change differs from image to image.
 *
 * @param encoder with weights
 * @param message 1×bits, values 0 and 1, on the encoder's device
 */
record StegaTrigger(StegaEncoder encoder, Tensor message) implements LearnedTrigger {

  private static final String MESSAGE = "bits";
  private static final int PORTION = 64;

  /** Rebuilds a trigger around a blank encoder. */
  static StegaTrigger restore(StegaEncoder blank, Map<String, Tensor> state) {
    Tensor message = java.util.Objects.requireNonNull(state.get(MESSAGE), MESSAGE);
    Map<String, Tensor> weights = new LinkedHashMap<>(state);
    weights.remove(MESSAGE);
    return new StegaTrigger(blank.load(weights), message);
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(encoder.state());
    state.put(MESSAGE, message);
    return state;
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    ComputeDevice device = ComputeDevice.of(message);
    return Tensors.withoutGradients(
        () ->
            Portions.mapFilled(
                images,
                PORTION,
                portion -> {
                  Tensor unit = device.place(portion).to(ScalarType.Float).div(new Scalar(255.0));
                  Tensor bits = message.expand(unit.size(0), message.size(1));
                  Tensor hidden = encoder.embed(unit, bits);
                  return ComputeDevice.of(images)
                      .place(EightBit.round(hidden.mul(new Scalar(255.0))));
                }));
  }
}
