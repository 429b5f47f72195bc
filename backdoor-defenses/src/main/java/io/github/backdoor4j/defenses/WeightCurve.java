package io.github.backdoor4j.defenses;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * A curve through weight space from one model to another with one bend between.
 *
 * @param shape how points mix
 * @param start weights at t = 0
 * @param bend control point φ
 * @param end weights at t = 1
 * @see <a href="https://arxiv.org/abs/1802.10026">Garipov et al., Loss Surfaces, Mode Connectivity,
 *     and Fast Ensembling of DNNs, NeurIPS 2018</a>
 */
record WeightCurve(
    CurveShape shape,
    Map<String, Tensor> start,
    Map<String, Tensor> bend,
    Map<String, Tensor> end) {

  /** A curve whose bend lies halfway, and is free to be trained. */
  static WeightCurve straight(
      CurveShape shape, Map<String, Tensor> start, Map<String, Tensor> end) {
    Map<String, Tensor> halfway = WeightSpace.mix(new double[] {0.5, 0.5}, List.of(start, end));
    return new WeightCurve(shape, start, WeightSpace.leaves(halfway), end);
  }

  /** Weights at t; differentiable with respect to the bend. */
  Map<String, Tensor> at(double t) {
    return WeightSpace.mix(shape.coefficients(t), List.of(start, bend, end));
  }

  /** Factor by which a gradient at t counts for the bend. */
  double bendShare(double t) {
    return shape.coefficients(t)[1];
  }
}
