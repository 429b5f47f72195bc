package io.github.backdoor4j.core.nn;

import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * A layer with parameters, known to its network by name. Its output passes the tap of that name.
 */
public sealed interface Layer {

  /** Name within the network, for example {@code layer4.1.conv2}. */
  String name();

  /** Applies the layer within a pass. */
  Tensor apply(Pass pass, Tensor x);

  /**
   * Number of products that an output took; 0 for layers whose work is small beside the others'.
   */
  default long multiplications(Tensor output) {
    return 0;
  }

  /**
   * Two-dimensional convolution; parameters {@code weight} and, with {@code bias}, {@code bias}.
   *
   * @param in input channels
   * @param out output channels
   * @param kernel side of the square kernel
   * @param stride step in both directions
   * @param padding zeros on every side
   * @param dilation distance between the pixels that a kernel sees
   * @param groups into which channels are split; each sees its own inputs only
   * @param bias whether there is a bias
   */
  record Conv2d(
      String name,
      int in,
      int out,
      int kernel,
      int stride,
      int padding,
      int dilation,
      int groups,
      boolean bias)
      implements Layer {

    /** Input channels that one output channel sees. */
    public int inPerGroup() {
      return in / groups;
    }

    @Override
    public Tensor apply(Pass pass, Tensor x) {
      // oneDNN's backward pass of a strided 1x1 convolution overwrites foreign memory when the
      // channels are fewer than a vector register holds; leaving pixels out first is the same map
      boolean thinOut = kernel == 1 && padding == 0 && stride > 1;
      long step = thinOut ? 1 : stride;
      Tensor y =
          org.bytedeco.pytorch.global.torch.conv2d(
              thinOut ? everyNthPixel(x) : x,
              pass.parameter(name + ".weight"),
              pass.optionalParameter(name + ".bias"),
              new long[] {step, step},
              new long[] {padding, padding},
              new long[] {dilation, dilation},
              groups);
      return pass.left(this, pass.tap(name, y));
    }

    @Override
    public long multiplications(Tensor output) {
      return output.numel() * inPerGroup() * kernel * kernel;
    }

    private Tensor everyNthPixel(Tensor x) {
      LongOptional all = new LongOptional();
      return x.slice(2, all, all, stride).slice(3, all, all, stride);
    }
  }

  /**
   * Transposed two-dimensional convolution; parameters {@code weight} (in×out×k×k) and {@code
   * bias}.
   *
   * @param in input channels
   * @param out output channels
   * @param kernel side of the square kernel
   * @param stride factor by which the image grows
   * @param padding pixels left out on every side of the result
   */
  record ConvTranspose2d(String name, int in, int out, int kernel, int stride, int padding)
      implements Layer {

    @Override
    public Tensor apply(Pass pass, Tensor x) {
      Tensor y =
          org.bytedeco.pytorch.global.torch.conv_transpose2d(
              x,
              pass.parameter(name + ".weight"),
              pass.optionalParameter(name + ".bias"),
              new long[] {stride, stride},
              new long[] {padding, padding},
              new long[] {0, 0},
              1,
              new long[] {1, 1});
      return pass.left(this, pass.tap(name, y));
    }

    @Override
    public long multiplications(Tensor output) {
      // a kernel is laid down once for every pixel that went in
      return output.numel() / ((long) stride * stride) * in * kernel * kernel;
    }
  }

  /**
   * Instance normalisation: each channel of each image by its own mean and variance; parameters
   * {@code weight} and {@code bias} where they are declared.
   *
   * @param channels C
   * @param epsilon added to the variance
   */
  record InstanceNorm2d(String name, int channels, double epsilon) implements Layer {

    @Override
    public Tensor apply(Pass pass, Tensor x) {
      Tensor y =
          org.bytedeco.pytorch.global.torch.instance_norm(
              x,
              pass.optionalParameter(name + ".weight"),
              pass.optionalParameter(name + ".bias"),
              pass.noTensor(),
              pass.noTensor(),
              true,
              0,
              epsilon,
              false);
      return pass.tap(name, y);
    }
  }

  /**
   * Batch normalisation over N×C×H×W; parameters {@code weight} and {@code bias}, buffers {@code
   * running_mean} and {@code running_var} (unbiased).
   *
   * @param channels C
   * @param epsilon added to the variance
   * @param momentum weight of the newest batch in the running statistics
   */
  record BatchNorm2d(String name, int channels, double epsilon, double momentum) implements Layer {

    @Override
    public Tensor apply(Pass pass, Tensor x) {
      pass.entered(this, x);
      Tensor y =
          org.bytedeco.pytorch.global.torch.batch_norm(
              x,
              pass.optionalParameter(name + ".weight"),
              pass.optionalParameter(name + ".bias"),
              pass.optionalBuffer(name + ".running_mean"),
              pass.optionalBuffer(name + ".running_var"),
              pass.training(),
              momentum,
              epsilon,
              false);
      return pass.tap(name, y);
    }
  }

  /**
   * Layer normalisation over the last dimension; parameters {@code weight} and {@code bias}.
   *
   * @param features extent of that dimension
   * @param epsilon added to the variance
   */
  record LayerNorm(String name, int features, double epsilon) implements Layer {

    @Override
    public Tensor apply(Pass pass, Tensor x) {
      Tensor y =
          org.bytedeco.pytorch.global.torch.layer_norm(
              x,
              new long[] {features},
              pass.optionalParameter(name + ".weight"),
              pass.optionalParameter(name + ".bias"),
              epsilon,
              false);
      return pass.tap(name, y);
    }
  }

  /**
   * Affine map; parameters {@code weight} (out×in) and {@code bias}.
   *
   * @param in input features
   * @param out output features
   */
  record Linear(String name, int in, int out) implements Layer {

    @Override
    public Tensor apply(Pass pass, Tensor x) {
      Tensor y =
          org.bytedeco.pytorch.global.torch.linear(
              x, pass.parameter(name + ".weight"), pass.optionalParameter(name + ".bias"));
      return pass.left(this, pass.tap(name, y));
    }

    @Override
    public long multiplications(Tensor output) {
      return output.numel() * in;
    }
  }
}
