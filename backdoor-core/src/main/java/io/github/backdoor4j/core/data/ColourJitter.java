package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.requireNonNegative;
import static io.github.backdoor4j.core.Checks.requireRange;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Random changes of brightness, contrast, saturation and hue, in random order, as torchvision's
 * {@code ColorJitter} on 8-bit images.
 *
 * @param brightness factors are drawn from [max(0, 1 − b), 1 + b]
 * @param contrast likewise
 * @param saturation likewise
 * @param hue turns are drawn from [−h, h]; at most 0.5
 */
public record ColourJitter(double brightness, double contrast, double saturation, double hue) {

  private static final int KINDS = 4;
  private static final int HUE = 3;

  public ColourJitter {
    requireNonNegative("brightness", brightness);
    requireNonNegative("contrast", contrast);
    requireNonNegative("saturation", saturation);
    requireRange("hue", hue, 0, 0.5);
  }

  /** 0.4 each, and 0.1 for the hue. */
  public static ColourJitter usual() {
    return new ColourJitter(0.4, 0.4, 0.4, 0.1);
  }

  /**
   * What was drawn for a batch.
   *
   * @param values for each image its factors of brightness, contrast and saturation and its turn
   * @param order for each image the order of the four changes, 0 being brightness
   */
  record Draws(double[][] values, int[][] order) {
    Draws of(int[] rows) {
      return new Draws(
          IntStream.of(rows).mapToObj(row -> values[row]).toArray(double[][]::new),
          IntStream.of(rows).mapToObj(row -> order[row]).toArray(int[][]::new));
    }
  }

  /**
   * Changes a batch.
   *
   * @param images unsigned 8-bit N×3×H×W
   * @param generator source of the draws
   */
  public Tensor apply(Tensor images, GeneratorOptional generator) {
    return TensorScope.scoped(() -> apply(images, draw((int) images.size(0), generator)));
  }

  Draws draw(int count, GeneratorOptional generator) {
    double[] uniform = Tensors.toDoubles(Tensors.uniform(generator, 0, 1, count, 2 * KINDS));
    double[][] values = new double[count][KINDS];
    int[][] order = new int[count][];
    for (int i = 0; i < count; i++) {
      int at = i * 2 * KINDS;
      for (int kind = 0; kind < KINDS; kind++) {
        values[i][kind] = low(kind) + uniform[at + kind] * (high(kind) - low(kind));
      }
      order[i] = ranks(Arrays.copyOfRange(uniform, at + KINDS, at + 2 * KINDS));
    }
    return new Draws(values, order);
  }

  private static int[] ranks(double[] keys) {
    return IntStream.range(0, keys.length)
        .boxed()
        .sorted(java.util.Comparator.comparingDouble(i -> keys[i]))
        .mapToInt(i -> i)
        .toArray();
  }

  private double strength(int kind) {
    return switch (kind) {
      case 0 -> brightness;
      case 1 -> contrast;
      case 2 -> saturation;
      default -> hue;
    };
  }

  private double low(int kind) {
    return kind == HUE ? -hue : Math.max(0, 1 - strength(kind));
  }

  private double high(int kind) {
    return kind == HUE ? hue : 1 + strength(kind);
  }

  /** Changes a batch as drawn; each round the images of one kind of change go together. */
  Tensor apply(Tensor images, Draws draws) {
    Tensor result = images;
    for (int round = 0; round < KINDS; round++) {
      for (int kind = 0; kind < KINDS; kind++) {
        boolean[] chosen = new boolean[draws.order().length];
        for (int i = 0; i < chosen.length; i++) {
          chosen[i] = draws.order()[i][round] == kind && strength(kind) > 0;
        }
        int change = kind;
        result =
            Chosen.change(
                result, chosen, (part, rows) -> one(part, change, value(draws, rows, change)));
      }
    }
    return result;
  }

  private static double[] value(Draws draws, int[] rows, int kind) {
    IntToDoubleFunction value = row -> draws.values()[row][kind];
    return IntStream.of(rows).mapToDouble(value).toArray();
  }

  private static Tensor one(Tensor images, int kind, double[] values) {
    return switch (kind) {
      case 0 -> BatchTransforms.brightness(images, values);
      case 1 -> BatchTransforms.contrast(images, values);
      case 2 -> BatchTransforms.saturation(images, values);
      default -> BatchTransforms.hue(images, values);
    };
  }
}
