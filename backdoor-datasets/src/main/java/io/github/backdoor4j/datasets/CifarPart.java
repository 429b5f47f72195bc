package io.github.backdoor4j.datasets;

import io.github.backdoor4j.core.DataException;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * The images of one file.
 *
 * @param images unsigned 8-bit N×3×32×32
 * @param labels one array of N for each kind of labels
 */
record CifarPart(Tensor images, List<long[]> labels) {

  /**
   * Cuts the pixels out of rows.
   *
   * @param rows N rows of equal length
   * @param start of the pixels in each row
   */
  static Tensor images(byte[] rows, long n, long start) {
    return Tensors.ofBytes(rows, n, rows.length / n)
        .narrow(1, start, CifarKind.PIXELS)
        .contiguous()
        .view(n, CifarKind.CHANNELS, CifarKind.SIDE, CifarKind.SIDE);
  }

  /** Refuses labels that are no class. */
  static void checkLabels(String file, CifarKind.Labels kind, long[] labels) {
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= kind.names().size()) {
        throw new DataException(
            "%s has label %d (%s) at image %d; allowed are 0 to %d: the file is damaged or another"
                + " file",
            file, labels[i], kind.key(), i, kind.names().size() - 1);
      }
    }
  }
}
