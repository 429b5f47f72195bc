package io.github.backdoor4j.attacks;

import io.github.backdoor4j.core.nn.Initializer;
import io.github.backdoor4j.core.nn.Layer;
import io.github.backdoor4j.core.nn.Model;
import io.github.backdoor4j.core.nn.Pass;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Poison Ink's guidance extractor: finds the ink in an image. */
final class HidingRes extends Model {

  private static final int[] DILATIONS = {2, 2, 2, 4, 4, 4, 1};
  private static final double STD = 0.02;

  /** A convolution and its instance normalisation. */
  private record Stage(Layer convolution, Layer norm) {

    Tensor apply(Pass pass, Tensor x) {
      return norm.apply(pass, convolution.apply(pass, x));
    }
  }

  private final List<Stage> head = new ArrayList<>();
  private final List<Stage> blocks = new ArrayList<>();
  private final Stage grow;
  private final Stage tail;
  private final Layer out;

  /**
   * @param channels of the images
   * @param width channels of all layers between; 128 in the paper
   */
  HidingRes(int channels, int width) {
    for (int i = 1; i <= 3; i++) {
      head.add(stage("head" + i, i == 1 ? channels : width, width, i == 3 ? 2 : 1, 1, false));
    }
    for (int i = 0; i < DILATIONS.length; i++) {
      for (String half : List.of("a", "b")) {
        blocks.add(stage("block" + (i + 1) + half, width, width, 1, DILATIONS[i], false));
      }
    }
    grow =
        new Stage(
            convTranspose2d("grow", width, width, 4, 2, 1),
            instanceNorm2d("grow.norm", width, true));
    tail = stage("tail", width, width, 1, 1, true);
    out = conv2d("out", width, channels, 1, 1, 0, true);
    initializeBy("grow.weight", Initializer.normal(STD));
    initializeBy("out.weight", Initializer.normal(STD));
  }

  private Stage stage(String name, int in, int out, int stride, int dilation, boolean bias) {
    Layer convolution =
        conv2d(new Layer.Conv2d(name, in, out, 3, stride, dilation, dilation, 1, bias));
    initializeBy(name + ".weight", Initializer.normal(STD));
    return new Stage(convolution, instanceNorm2d(name + ".norm", out, true));
  }

  /** From N×C×H×W to N×C×H×W, H and W even. */
  @Override
  protected Tensor forward(Pass pass, Tensor x) {
    Tensor h = x;
    for (Stage stage : head) {
      h = torch.relu(stage.apply(pass, h));
    }
    for (int i = 0; i < blocks.size(); i += 2) {
      Tensor inner = torch.relu(blocks.get(i).apply(pass, h));
      h = torch.relu(h.add(blocks.get(i + 1).apply(pass, inner)));
    }
    h = torch.relu(grow.apply(pass, h));
    h = torch.relu(tail.apply(pass, h));
    return torch.relu(out.apply(pass, h));
  }
}
