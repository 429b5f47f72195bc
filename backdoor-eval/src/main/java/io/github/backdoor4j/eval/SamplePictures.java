package io.github.backdoor4j.eval;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.data.TriggeredSet;
import io.github.backdoor4j.core.spi.Figure;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/** Clean test images beside the same with the trigger, and their difference. */
final class SamplePictures {

  private static final int COUNT = 6;
  private static final float GREY_LEVELS = 255;
  private static final float MAGNIFICATION = 10;

  private SamplePictures() {}

  static List<Figure> of(ImageDataset test, TriggeredSet triggered) {
    int count = Math.min(COUNT, triggered.size());
    Map<String, float[]> clean = new LinkedHashMap<>();
    Map<String, float[]> stamped = new LinkedHashMap<>();
    Map<String, float[]> difference = new LinkedHashMap<>();
    int[] positions = onePerClass(triggered, count);
    for (int i = 0; i < positions.length; i++) {
      int at = positions[i];
      String name =
          (i + 1) + ". " + test.spec().classNames().get((int) triggered.originalLabels()[at]);
      float[] before = pixels(test.images(), triggered.rows()[at]);
      float[] after = pixels(triggered.images(), at);
      clean.put(name, before);
      stamped.put(name, after);
      difference.put(name, magnified(before, after));
    }
    return List.of(
        new Figure.Pictures("Test images, clean", test.spec().shape(), clean),
        new Figure.Pictures("Test images, triggered", test.spec().shape(), stamped),
        new Figure.Pictures("Difference × 10", test.spec().shape(), difference));
  }

  /** The first image of each class in turn, then the second of each, until there are enough. */
  private static int[] onePerClass(TriggeredSet triggered, int count) {
    Map<Long, Integer> seen = new HashMap<>();
    int[] round = new int[triggered.size()];
    for (int i = 0; i < round.length; i++) {
      round[i] = seen.merge(triggered.originalLabels()[i], 1, Integer::sum);
    }
    return IntStream.range(0, round.length)
        .boxed()
        .sorted(Comparator.comparingInt(i -> round[i]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static float[] pixels(Tensor images, long row) {
    try (TensorScope scope = TensorScope.open()) {
      float[] values = Tensors.toFloats(Tensors.rows(images, LongStream.of(row).toArray()));
      for (int i = 0; i < values.length; i++) {
        values[i] /= GREY_LEVELS;
      }
      return values;
    }
  }

  private static float[] magnified(float[] before, float[] after) {
    float[] result = Arrays.copyOf(before, before.length);
    for (int i = 0; i < result.length; i++) {
      result[i] = Math.min(1, Math.abs(after[i] - before[i]) * MAGNIFICATION);
    }
    return result;
  }
}
