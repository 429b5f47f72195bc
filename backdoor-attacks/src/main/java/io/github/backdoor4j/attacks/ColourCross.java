package io.github.backdoor4j.attacks;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.data.Normalization;
import io.github.backdoor4j.core.data.Trigger;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The pattern of Blind: nine black and white pixels in a field of 5 rows by 3 columns, the others
 * transparent.
 *
 * @param row of the field's upper left pixel
 * @param column of the field's upper left pixel
 */
record ColourCross(int row, int column) implements Trigger {

  static final int ROWS = 5;
  static final int COLUMNS = 3;
  private static final double WHITE = 255;

  private static final float[] SHOWN = {1, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 1, 1};
  private static final float[] BRIGHT = {1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1};

  /**
   * Checks that the pattern lies inside images of a size.
   *
   * @throws io.github.backdoor4j.core.UsageException if it does not
   */
  void requireFit(long height, long width) {
    require(
        row + ROWS <= height && column + COLUMNS <= width,
        "a pattern of %dx%d pixels at row %d, column %d does not fit into images of %dx%d; allowed"
            + " are row 0 to %d and column 0 to %d",
        ROWS,
        COLUMNS,
        row,
        column,
        height,
        width,
        height - ROWS,
        width - COLUMNS);
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(() -> overlay(images, bright(images).mul(new Scalar(WHITE))));
  }

  /**
   * Stamps normalised images.
   *
   * @param images N×C×H×W floats
   * @param normalization by which black and white become values
   */
  Tensor stampNormalized(Tensor images, Normalization normalization) {
    Tensor colours =
        bright(images).view(1, 1, ROWS, COLUMNS).expand(1, images.size(1), ROWS, COLUMNS);
    return overlay(images, normalization.fromUnit(colours));
  }

  private static Tensor bright(Tensor like) {
    return ComputeDevice.of(like).place(Tensors.ofFloats(BRIGHT, ROWS, COLUMNS));
  }

  private Tensor overlay(Tensor images, Tensor colours) {
    requireFit(images.size(2), images.size(3));
    Tensor stamped = images.clone();
    Tensor field = stamped.narrow(2, row, ROWS).narrow(3, column, COLUMNS);
    Tensor shown =
        ComputeDevice.of(images).place(Tensors.ofFloats(SHOWN, ROWS, COLUMNS).to(ScalarType.Bool));
    field.copy_(torch.where(shown, colours.to(images.scalar_type()), field));
    return stamped;
  }
}
