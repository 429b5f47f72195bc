package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;

/**
 * Figures of a data set's images, exact but for the last rounding: they are computed from how often
 * each of the 256 levels occurs.
 *
 * @param mean per channel, in units of [0, 1]
 * @param std deviation per channel over all pixels (dividing by their number), in units of [0, 1]
 * @param counts images of each class, in label order
 */
public record DatasetStatistics(List<Double> mean, List<Double> std, List<Long> counts) {

  private static final int LEVELS = 256;
  private static final int CHUNK = 1000; // images copied out of the tensor at a time

  public DatasetStatistics {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    counts = List.copyOf(counts);
  }

  /**
   * Goes through all images.
   *
   * @throws io.github.backdoor4j.core.UsageException if there is none
   */
  public static DatasetStatistics of(ImageDataset data) {
    require(data.size() > 0, "data set '%s' has no images to make statistics of", data.spec().id());
    long[][] histograms = histograms(data);
    long[] counts = new long[data.spec().classes()];
    Arrays.stream(data.labelValues()).forEach(label -> counts[(int) label]++);
    return new DatasetStatistics(
        Arrays.stream(histograms).map(DatasetStatistics::mean).toList(),
        Arrays.stream(histograms).map(DatasetStatistics::deviation).toList(),
        LongStream.of(counts).boxed().toList());
  }

  private static long[][] histograms(ImageDataset data) {
    ImageShape shape = data.spec().shape();
    long[][] result = new long[shape.channels()][LEVELS];
    for (int start = 0; start < data.size(); start += CHUNK) {
      byte[] chunk = chunk(data.images(), start, Math.min(CHUNK, data.size() - start));
      int plane = shape.height() * shape.width();
      for (int i = 0; i < chunk.length; i++) {
        result[i / plane % shape.channels()][chunk[i] & 0xFF]++;
      }
    }
    return result;
  }

  private static byte[] chunk(Tensor images, int start, int count) {
    try (TensorScope scope = TensorScope.open()) {
      return Tensors.toBytes(images.narrow(0, start, count));
    }
  }

  private static double mean(long[] histogram) {
    long sum = 0;
    for (int level = 0; level < LEVELS; level++) {
      sum += level * histogram[level];
    }
    return (double) sum / LongStream.of(histogram).sum() / (LEVELS - 1);
  }

  private static double deviation(long[] histogram) {
    double mean = mean(histogram) * (LEVELS - 1);
    DoubleStream squares =
        IntStream.range(0, LEVELS)
            .mapToDouble(level -> histogram[level] * (level - mean) * (level - mean));
    return Math.sqrt(squares.sum() / LongStream.of(histogram).sum()) / (LEVELS - 1);
  }
}
