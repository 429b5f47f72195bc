package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.Batch;
import io.github.backdoor4j.core.train.StepContext;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The networks that learn to put ink into images, and what they learn by.
 *
 * @param injection H, from image and trigger image to the image with ink
 * @param extractor R, finds the ink again
 * @param threshold of edges, in grey levels
 */
record InkNetworks(UnetB injection, HidingRes extractor, double threshold) {

  /** Weights of the losses; all but their proportions is lost in Adam. */
  private static final double UNIT = 1e4;

  private static final double EDGES = 13;
  private static final double CLEAN = 100;

  /** Training colours have one of these levels per channel: 40, 80 … 200. */
  private static final int COLOURS = 5;

  private static final double COLOUR_STEP = 40 / 255.0;

  /**
   * An image with ink.
   *
   * @param unit N×C×H×W in [0, 1]
   * @param drawn its edges in the colour of the ink, the same shape
   * @return the same shape, a little outside [0, 1] at times
   */
  Tensor inject(Tensor unit, Tensor drawn) {
    return Sixteenths.through(torch.cat(new TensorVector(unit, drawn), 1), injection::apply);
  }

  /**
   * Images of a batch with ink, and how far networks are from what they shall do.
   *
   * @param unit the images, N×C×H×W in [0, 1]
   * @param inked the same with ink
   * @param loss of H and R
   */
  record Result(Tensor unit, Tensor inked, Tensor loss) {}

  /** Puts ink of random colours into a batch, disturbs it, and looks for it. */
  Result result(
      Batch batch, StepContext context, Normalization normalization, Interference interference) {
    ComputeDevice device = context.device();
    Tensor unit = normalization.toUnit(batch.images());
    Tensor ink = device.place(colours(unit.size(0), unit.size(1), context.generator()));
    Tensor inked = inject(unit, SobelEdges.drawn(SobelEdges.map(unit, threshold), ink));
    Tensor maps = interference.draw(unit.size(0), device, context.generator());
    Tensor disturbed = Interference.apply(unit, maps);
    Tensor found = extract(Interference.apply(inked, maps));
    Tensor edges = SobelEdges.map(disturbed, threshold);
    Tensor visible = torch.mse_loss(inked, unit);
    Tensor ofClean = extract(disturbed);
    Tensor loss =
        visible
            .add(guidance(found, edges, SobelEdges.drawn(edges, ink)))
            .add(torch.mse_loss(ofClean, torch.ones_like(ofClean)).mul(new Scalar(CLEAN)))
            .mul(new Scalar(UNIT));
    context.observe("image_distance", visible, batch.size());
    return new Result(unit, inked, loss);
  }

  /** Distance of the found ink from the wanted, edges thirteen times as dear as the rest. */
  static Tensor guidance(Tensor found, Tensor edges, Tensor wanted) {
    Tensor flat = edges.neg().add(new Scalar(1.0));
    Tensor onEdges = torch.mse_loss(found.mul(edges), wanted.mul(edges));
    return onEdges.mul(new Scalar(EDGES)).add(torch.mse_loss(found.mul(flat), wanted.mul(flat)));
  }

  private Tensor extract(Tensor images) {
    return Sixteenths.through(images, extractor::apply);
  }

  private static Tensor colours(long images, long channels, GeneratorOptional draws) {
    return Tensors.integers(draws, 1, COLOURS + 1L, images, channels, 1, 1)
        .to(ScalarType.Float)
        .mul(new Scalar(COLOUR_STEP));
  }

  /** How far a critic's judgement is from a verdict, in the mean square. */
  static Tensor distance(Tensor judgement, double verdict) {
    return judgement.sub(new Scalar(verdict)).square().mean();
  }
}
