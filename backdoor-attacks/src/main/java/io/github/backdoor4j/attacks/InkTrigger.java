package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Puts ink on the edges of images.
 *
 * @param injection network with weights
 * @param ink colour, red, green and blue in grey levels
 * @param threshold of edges, in grey levels
 * @param truncated whether fractions are dropped, else rounded
 */
record InkTrigger(UnetB injection, List<Integer> ink, double threshold, boolean truncated)
    implements LearnedTrigger {

  private static final int PORTION = 64;
  private static final float LEVELS = 255;
  private static final float[] GREY = {0.299f, 0.587f, 0.114f};

  /** Gives a blank network its weights, which it then leaves as they are, and their device. */
  static UnetB loaded(UnetB blank, Map<String, Tensor> weights) {
    blank.load(weights).to(ComputeDevice.of(weights.values().iterator().next()));
    blank.requireGradients(false);
    blank.training(false);
    return blank;
  }

  @Override
  public Map<String, Tensor> state() {
    return injection.state();
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    ComputeDevice device = injection.device();
    return Tensors.withoutGradients(
        () ->
            Portions.mapFilled(
                images,
                PORTION,
                portion -> {
                  Tensor unit = device.place(portion).to(ScalarType.Float).div(new Scalar(255.0));
                  Tensor levels = inked(unit).mul(new Scalar(255.0));
                  return ComputeDevice.of(images)
                      .place(truncated ? EightBit.truncate(levels) : EightBit.round(levels));
                }));
  }

  private Tensor inked(Tensor unit) {
    Tensor colour = ComputeDevice.of(unit).place(colour(unit.size(1)));
    Tensor drawn = SobelEdges.drawn(SobelEdges.map(unit, threshold), colour);
    return Sixteenths.through(torch.cat(new TensorVector(unit, drawn), 1), injection::apply);
  }

  /** The ink in [0, 1], 1×C×1×1; its luminance for grey images. */
  private Tensor colour(long channels) {
    float[] colour = new float[ink.size()];
    float luminance = 0;
    for (int i = 0; i < colour.length; i++) {
      colour[i] = ink.get(i) / LEVELS;
      luminance += GREY[i] * colour[i];
    }
    float[] fitting = channels == 1 ? new float[] {luminance} : colour;
    return Tensors.ofFloats(fitting, 1, fitting.length, 1, 1);
  }
}
