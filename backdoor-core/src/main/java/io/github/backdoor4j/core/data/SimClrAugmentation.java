package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;
import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * The strong augmentation of contrastive learning: random resized crop, flip, colour jitter, grey,
 * blur, in this order, drawn for each image.
 *
 * @param crop the crop
 * @param flip probability of mirroring
 * @param jitter the change of colours
 * @param jittered probability of it
 * @param grey probability of losing the colours
 * @param blurred probability of blurring
 * @param minRadius smallest deviation of the blur in pixels
 * @param maxRadius largest deviation of the blur in pixels
 * @see <a href="https://arxiv.org/abs/2002.05709">Chen, Kornblith, Norouzi and Hinton, A simple
 *     framework for contrastive learning of visual representations, 2020</a>
 */
public record SimClrAugmentation(
    RandomResizedCrop crop,
    double flip,
    ColourJitter jitter,
    double jittered,
    double grey,
    double blurred,
    double minRadius,
    double maxRadius) {

  public SimClrAugmentation {
    requireRange("flip", flip, 0, 1);
    requireRange("jittered", jittered, 0, 1);
    requireRange("grey", grey, 0, 1);
    requireRange("blurred", blurred, 0, 1);
    require(
        minRadius >= 0 && maxRadius >= minRadius,
        "blur radii must satisfy 0 <= min_radius <= max_radius, but were %s and %s",
        minRadius,
        maxRadius);
  }

  /** What self-supervised stages of defenses use: bicubic crop, all of the above. */
  public static SimClrAugmentation selfSupervised() {
    return new SimClrAugmentation(
        new RandomResizedCrop(0.2, 1, 3.0 / 4, 4.0 / 3, CropBox.Filter.BICUBIC),
        0.5,
        ColourJitter.usual(),
        0.8,
        0.2,
        0.5,
        0.1,
        2);
  }

  /** What supervised contrastive stages use: bilinear crop, no blur. */
  public static SimClrAugmentation contrastive() {
    return new SimClrAugmentation(
        new RandomResizedCrop(0.2, 1, 3.0 / 4, 4.0 / 3, CropBox.Filter.BILINEAR),
        0.5,
        ColourJitter.usual(),
        0.8,
        0.2,
        0,
        0,
        0);
  }

  /**
   * Augments a batch.
   *
   * @param images unsigned 8-bit N×3×H×W
   * @param generator source of the draws
   * @return the same shape and type
   */
  public Tensor apply(Tensor images, GeneratorOptional generator) {
    return TensorScope.scoped(() -> augmented(images, generator));
  }

  private Tensor augmented(Tensor images, GeneratorOptional generator) {
    int n = (int) images.size(0);
    Tensor result = crop.apply(images, generator);
    result = Chosen.change(result, Chosen.draw(flip, n, generator), (part, rows) -> part.flip(3));
    boolean[] change = Chosen.draw(jittered, n, generator);
    ColourJitter.Draws colours = jitter.draw(n, generator);
    result = Chosen.change(result, change, (part, rows) -> jitter.apply(part, colours.of(rows)));
    result =
        Chosen.change(
            result, Chosen.draw(grey, n, generator), (part, rows) -> BatchTransforms.grey(part));
    boolean[] blur = Chosen.draw(blurred, n, generator);
    double[] radii = Tensors.toDoubles(Tensors.uniform(generator, 0, 1, n));
    return Chosen.change(
        result,
        blur,
        (part, rows) ->
            BatchTransforms.blur(
                part,
                IntStream.of(rows)
                    .mapToDouble(row -> minRadius + radii[row] * (maxRadius - minRadius))
                    .toArray()));
  }
}
