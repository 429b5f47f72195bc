package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.data.LearnedTrigger;
import io.github.backdoor4j.core.data.PillowResize;
import io.github.backdoor4j.core.tensor.ComputeDevice;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Mirrors a picture into each image. Which one and how is random, but decided by the image's index
 * alone.
 *
 * @param reflections pictures to draw from, unsigned 8-bit R×C×H×W
 * @param seedValue one 64-bit integer that the draws start from
 * @param ghostRate probability of a ghost instead of a blur
 * @param alpha weight of the image; 0 to draw it
 * @param bicubic whether ghosts are enlarged bicubically, else bilinearly
 */
record ReflectionTrigger(
    Tensor reflections, Tensor seedValue, double ghostRate, double alpha, boolean bicubic)
    implements LearnedTrigger {

  private static final String REFLECTIONS = "reflections";
  private static final String SEED = "seed";

  private static final double LEVELS = 255;

  /** Sums that should be whole numbers may come out a hair lower; the fraction is dropped then. */
  private static final double HAIR = 1e-9;

  static ReflectionTrigger of(Refool.Options options, Tensor reflections, Seed seed) {
    return of(
        options,
        Map.of(REFLECTIONS, reflections, SEED, Tensors.ofLongs(new long[] {seed.value()})));
  }

  /** The trigger with a state as {@link #state} gives it. */
  static ReflectionTrigger of(Refool.Options options, Map<String, Tensor> state) {
    return new ReflectionTrigger(
        LearnedState.get(state, REFLECTIONS),
        LearnedState.get(state, SEED),
        options.ghostRate(),
        options.alpha(),
        options.bicubic());
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    state.put(REFLECTIONS, reflections);
    state.put(SEED, seedValue);
    return state;
  }

  @Override
  public Tensor stamp(Tensor images, long[] indices) {
    return TensorScope.scoped(
        () -> {
          Tensor bank =
              ComputeDevice.of(images).place(fitted((int) images.size(2), (int) images.size(3)));
          Seed seed = new Seed(Tensors.toLongs(seedValue)[0]);
          TensorVector stamped = new TensorVector();
          for (int i = 0; i < indices.length; i++) {
            int pictures = (int) bank.size(0);
            ReflectionDraw draw = ReflectionDraw.of(seed, indices[i], pictures, ghostRate, alpha);
            Tensor image = images.narrow(0, i, 1);
            Tensor picture = bank.narrow(0, draw.reflection(), 1);
            stamped.push_back(TensorScope.scoped(() -> stamped(image, picture, draw)));
          }
          return torch.cat(stamped, 0);
        });
  }

  private Tensor fitted(int height, int width) {
    boolean fits = reflections.size(2) == height && reflections.size(3) == width;
    return fits
        ? reflections
        : PillowResize.bilinear(ComputeDevice.CPU.place(reflections), height, width);
  }

  private Tensor stamped(Tensor image, Tensor picture, ReflectionDraw draw) {
    Tensor light = light(image);
    Tensor mirrored = light(picture);
    Tensor levels =
        draw.ghost()
            ? Reflection.ghost(light, mirrored, draw, bicubic)
            : Reflection.focus(light, mirrored, draw);
    return EightBit.truncate(levels.mul(new Scalar(LEVELS)).add(new Scalar(HAIR)));
  }

  private static Tensor light(Tensor bytes) {
    return Reflection.light(bytes.to(ScalarType.Double).div(new Scalar(LEVELS)));
  }
}
