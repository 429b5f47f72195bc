package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Position embeddings of a vision transformer: 1×(1+side²)×D, the class token's first. */
final class PositionEmbeddings {

  private PositionEmbeddings() {}

  /** The embeddings for another number of patches per side. */
  static Tensor resized(Tensor positions, int side) {
    long[] shape = positions.shape();
    int before = shape.length == 3 ? (int) Math.round(Math.sqrt(shape[1] - 1.0)) : 0;
    require(
        shape.length == 3 && shape[0] == 1 && before > 0 && shape[1] == 1L + (long) before * before,
        "position embeddings must have the shape 1x(1+side²)xfeatures, but have %s",
        Arrays.toString(shape));
    return before == side
        ? positions
        : TensorScope.scoped(() -> interpolated(positions, before, side));
  }

  private static Tensor interpolated(Tensor positions, int before, int side) {
    Tensor token = positions.narrow(1, 0, 1);
    Tensor grid =
        positions
            .narrow(1, 1, (long) before * before)
            .unflatten(1, before, before)
            .permute(0, 3, 1, 2)
            .contiguous();
    Tensor resized = torch.upsample_bicubic2d(grid, new long[] {side, side}, true);
    return torch.cat(new TensorVector(token, resized.flatten(2, 3).transpose(1, 2)), 1);
  }
}
