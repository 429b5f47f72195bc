package io.github.backdoor4j.core.train;

import static io.github.backdoor4j.core.Checks.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Gradients of the parts of a training, each of its own loss. */
final class PartGradients {

  private PartGradients() {}

  /**
   * Gradients by parameter name, for each part. One backward pass serves all parts that share a
   * loss. Parameters that a loss does not touch have no entry.
   *
   * @param losses one for each part
   */
  static List<Map<String, Tensor>> of(
      String purpose, List<PartInTraining> parts, List<Tensor> losses) {
    List<Map<String, Tensor>> moving = parts.stream().map(PartInTraining::moving).toList();
    require(
        moving.stream().noneMatch(Map::isEmpty),
        "training '%s': no parameter requires gradients",
        purpose);
    List<Map<String, Tensor>> gradients = new ArrayList<>();
    moving.forEach(part -> gradients.add(new LinkedHashMap<>()));
    boolean[] done = new boolean[parts.size()];
    for (int i = 0; i < done.length; i++) {
      if (!done[i]) {
        List<Integer> sharing = sharing(losses, i);
        sharing.forEach(part -> done[part] = true);
        backward(losses.get(i), sharing, moving, gradients, !all(done));
      }
    }
    return gradients;
  }

  private static List<Integer> sharing(List<Tensor> losses, int of) {
    List<Integer> same = new ArrayList<>();
    for (int i = of; i < losses.size(); i++) {
      if (losses.get(i).is_same(losses.get(of))) {
        same.add(i);
      }
    }
    return same;
  }

  private static boolean all(boolean... flags) {
    for (boolean flag : flags) {
      if (!flag) {
        return false;
      }
    }
    return true;
  }

  private static void backward(
      Tensor loss,
      List<Integer> sharing,
      List<Map<String, Tensor>> moving,
      List<Map<String, Tensor>> into,
      boolean keepGraph) {
    TensorVector inputs = new TensorVector();
    sharing.forEach(part -> moving.get(part).values().forEach(inputs::push_back));
    TensorVector found =
        torch.grad(
            new TensorVector(loss),
            inputs,
            new TensorVector(),
            new BoolOptional(keepGraph),
            false,
            true);
    int next = 0;
    for (int part : sharing) {
      for (String name : moving.get(part).keySet()) {
        Tensor gradient = found.get(next++);
        if (gradient.defined()) {
          into.get(part).put(name, gradient);
        }
      }
    }
  }
}
