package io.github.backdoor4j.core.data;

import com.google.common.primitives.Floats;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** One number per image as tensors that fit the images. */
final class Parameters {

  private static final double BRIGHTEST = 255;

  private Parameters() {}

  /** Floats N×1×1×1 on the device of the images. */
  static Tensor floats(double[] values, Tensor images) {
    Tensor vector = Tensors.ofFloats(Floats.toArray(Arrays.stream(values).boxed().toList()));
    return ComputeDevice.of(images).place(vector).view(values.length, 1, 1, 1);
  }

  /** Whole numbers in the given shape on the device of the images. */
  static Tensor longs(long[] values, Tensor images, long... shape) {
    return ComputeDevice.of(images).place(Tensors.ofLongs(values)).view(shape);
  }

  /** Clamped to [0, 255] and cut to 8 bits. */
  static Tensor truncated(Tensor values) {
    return values
        .clamp(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(BRIGHTEST)))
        .to(ScalarType.Byte);
  }

  /** The nearest whole numbers (halves up) in [0, 255], still floats. */
  static Tensor rounded(Tensor values) {
    return values
        .add(new Scalar(0.5))
        .floor_()
        .clamp_(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(BRIGHTEST)));
  }
}
