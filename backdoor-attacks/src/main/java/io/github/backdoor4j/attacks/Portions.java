package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Work on many images in portions that fit into memory. */
final class Portions {

  private Portions() {}

  /**
   * Applies a function to portions of at most {@code size} images and joins the results along the
   * first dimension.
   */
  static Tensor map(Tensor images, int size, UnaryOperator<Tensor> function) {
    return TensorScope.scoped(
        () -> {
          TensorVector parts = new TensorVector();
          long n = images.size(0);
          for (long from = 0; from < n; from += size) {
            Tensor portion = images.narrow(0, from, Math.min(size, n - from));
            parts.push_back(TensorScope.scoped(() -> function.apply(portion)));
          }
          return torch.cat(parts, 0);
        });
  }

  /**
   * The same with portions of exactly {@code size} images, the last filled up by repetition.
   * Convolutions round differently in batches of different sizes; this way an image comes out the
   * same, bit for bit, in whatever company it is.
   */
  static Tensor mapFilled(Tensor images, int size, UnaryOperator<Tensor> function) {
    return map(
        images,
        size,
        portion -> {
          long count = portion.size(0);
          Tensor filled = portion;
          if (count < size) {
            Tensor last = portion.narrow(0, count - 1, 1);
            Tensor copies = last.expand(size - count, last.size(1), last.size(2), last.size(3));
            filled = torch.cat(new TensorVector(portion, copies), 0);
          }
          return function.apply(filled).narrow(0, 0, count).clone();
        });
  }
}
