package io.github.backdoor4j.defenses;

import io.github.backdoor4j.core.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Arithmetic on points of a network's weight space: maps with one tensor for each of the same
 * names. Differentiable.
 */
final class WeightSpace {

  private WeightSpace() {}

  /** One function of every tensor. */
  static Map<String, Tensor> each(Map<String, Tensor> point, UnaryOperator<Tensor> function) {
    Map<String, Tensor> result = new LinkedHashMap<>();
    point.forEach((name, tensor) -> result.put(name, function.apply(tensor)));
    return result;
  }

  /** One function of the tensors that two points have under the names of the first. */
  static Map<String, Tensor> pairs(
      Map<String, Tensor> one, Map<String, Tensor> other, BinaryOperator<Tensor> function) {
    Map<String, Tensor> result = new LinkedHashMap<>();
    one.forEach(
        (name, tensor) ->
            result.put(
                name, function.apply(tensor, Objects.requireNonNull(other.get(name), name))));
    return result;
  }

  /** The same values, cut off from what they were computed from; later changes show in both. */
  static Map<String, Tensor> detached(Map<String, Tensor> point) {
    return each(point, Tensor::detach);
  }

  /** Independent copies that start a graph of their own. */
  static Map<String, Tensor> leaves(Map<String, Tensor> point) {
    Map<String, Tensor> copies = each(point, tensor -> tensor.detach().clone());
    copies.values().forEach(copy -> copy.set_requires_grad(true));
    return copies;
  }

  /** Σ cᵢ·wᵢ. */
  static Map<String, Tensor> mix(double[] coefficients, List<Map<String, Tensor>> points) {
    Map<String, Tensor> sum = times(points.get(0), coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      sum = pairs(sum, times(points.get(i), coefficients[i]), Tensor::add);
    }
    return sum;
  }

  /** c·w. */
  static Map<String, Tensor> times(Map<String, Tensor> point, double factor) {
    return each(point, tensor -> tensor.mul(new Scalar(factor)));
  }

  /** Scalar product of two points, over all their values. */
  static Tensor product(Map<String, Tensor> one, Map<String, Tensor> other) {
    TensorVector sums = new TensorVector();
    pairs(one, other, (a, b) -> a.mul(b).sum()).values().forEach(sums::push_back);
    return torch.stack(sums).sum();
  }

  /** Euclidean norm over all values. */
  static Tensor norm(Map<String, Tensor> point) {
    return product(point, point).sqrt();
  }

  /** Euclidean distance of two points. */
  static double distance(Map<String, Tensor> one, Map<String, Tensor> other) {
    return Tensors.withoutGradients(() -> norm(pairs(one, other, Tensor::sub)).item_double());
  }

  /**
   * Gradients of a scalar by name.
   *
   * @param point what to differentiate by; each of its tensors requires gradients
   */
  static Map<String, Tensor> gradients(Tensor scalar, Map<String, Tensor> point) {
    Tensor[] values = Tensors.gradients(scalar, false, point.values().toArray(new Tensor[0]));
    Map<String, Tensor> byName = new LinkedHashMap<>();
    int next = 0;
    for (String name : point.keySet()) {
      byName.put(name, values[next++]);
    }
    return byName;
  }

  /**
   * A loss with a value and a gradient of one's own, for steps that shall not follow the gradient
   * of what they report.
   *
   * @param value what is reported
   * @param parameters that are trained
   * @param direction the gradient that the loss shall have with respect to them
   */
  static Tensor withGradient(
      Tensor value, Map<String, Tensor> parameters, Map<String, Tensor> direction) {
    Map<String, Tensor> zeros = each(parameters, tensor -> tensor.sub(tensor.detach()));
    return value.detach().add(product(zeros, detached(direction)));
  }
}
