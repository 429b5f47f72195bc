package io.github.backdoor4j.core.data;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.tensor.TensorScope;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Image operations on batches of unsigned 8-bit images N×C×H×W, one parameter per image, computed
 * as the Python library Pillow does: rounded to 8 bits where it rounds. Nothing is drawn here.
 *
 * <p>The results are new tensors on the images' device.
 */
public final class BatchTransforms {

  private BatchTransforms() {}

  /**
   * Scales towards black; 1 changes nothing.
   *
   * @param factors at least 0
   */
  public static Tensor brightness(Tensor images, double[] factors) {
    check(images, factors.length);
    return TensorScope.scoped(() -> ColourBlend.brightness(images, factors));
  }

  /**
   * Scales towards the image's mean grey level, rounded; 1 changes nothing.
   *
   * @param factors at least 0
   */
  public static Tensor contrast(Tensor images, double[] factors) {
    check(images, factors.length);
    return TensorScope.scoped(() -> ColourBlend.contrast(images, factors));
  }

  /**
   * Scales towards the grey image; 1 changes nothing.
   *
   * @param factors at least 0
   */
  public static Tensor saturation(Tensor images, double[] factors) {
    check(images, factors.length);
    return TensorScope.scoped(() -> ColourBlend.saturation(images, factors));
  }

  /**
   * Turns the hue in 8-bit HSV. Going to HSV and back loses a little even for a shift of 0.
   *
   * @param images with three channels
   * @param shifts in turns, in [−0.5, 0.5]
   */
  public static Tensor hue(Tensor images, double[] shifts) {
    check(images, shifts.length);
    require(
        Arrays.stream(shifts).allMatch(s -> s >= -0.5 && s <= 0.5),
        "hue shifts must lie in [-0.5, 0.5] turns, but were %s",
        Arrays.toString(shifts));
    return TensorScope.scoped(() -> HueTurn.apply(images, shifts));
  }

  /**
   * The grey level (299 R + 587 G + 114 B) / 1000 of ITU-R 601, rounded, on every channel. Images
   * with another number of channels than three stay as they are.
   */
  public static Tensor grey(Tensor images) {
    check(images, (int) images.size(0));
    return TensorScope.scoped(() -> ColourBlend.grey(images));
  }

  /**
   * Blurs as Pillow's {@code GaussianBlur}: three box blurs in each direction, which come close to
   * a Gaussian bell; the border pixels are continued outwards.
   *
   * @param radii standard deviations in pixels, at least 0; 0 changes nothing
   * @see <a href="https://doi.org/10.1007/978-3-642-24785-9_38">Gwosdek, Grewenig, Bruhn and
   *     Weickert, Theoretical foundations of Gaussian convolution by extended box filtering</a>
   */
  public static Tensor blur(Tensor images, double[] radii) {
    check(images, radii.length);
    require(
        Arrays.stream(radii).allMatch(r -> r >= 0 && Double.isFinite(r)),
        "blur radii must not be negative, but were %s",
        Arrays.toString(radii));
    return TensorScope.scoped(() -> Resampling.blur(images, radii));
  }

  /**
   * Cuts a rectangle out of each image and resizes it to the size of the images, without aliasing.
   *
   * @param boxes one per image, within the images
   */
  public static Tensor resizedCrop(Tensor images, CropBox[] boxes, CropBox.Filter filter) {
    check(images, boxes.length);
    for (CropBox box : boxes) {
      box.checkWithin((int) images.size(2), (int) images.size(3));
    }
    return TensorScope.scoped(() -> Resampling.crop(images, boxes, filter));
  }

  /**
   * Turns images about their middle; what comes from outside is black.
   *
   * @param degrees counter-clockwise
   * @param bilinear between pixels; else the nearest pixel is taken
   */
  public static Tensor rotate(Tensor images, double[] degrees, boolean bilinear) {
    check(images, degrees.length);
    return TensorScope.scoped(() -> Rotation.apply(images, degrees, bilinear));
  }

  private static void check(Tensor images, int parameters) {
    require(
        images.dim() == 4 && images.scalar_type().intern() == ScalarType.Byte,
        "batch transforms need unsigned 8-bit images N×C×H×W, but got %s of shape %s",
        images.scalar_type().intern(),
        Arrays.toString(images.shape()));
    require(
        parameters == images.size(0),
        "%d images need as many parameters, but got %d",
        images.size(0),
        parameters);
  }
}
