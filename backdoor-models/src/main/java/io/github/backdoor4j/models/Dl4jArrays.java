package io.github.backdoor4j.models;

import static io.github.backdoor4j.core.Checks.require;

import io.github.backdoor4j.core.tensor.Tensors;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Floats in row-major order: what passes between the engines. A plain Java array on purpose, since
 * it belongs to neither engine's memory.
 *
 * @param values row-major
 * @param shape of the array
 */
record Dl4jArrays(float[] values, long[] shape) {

  private static final int RANK = 4;

  /** A copy of a batch of images N×C×H×W. */
  static Dl4jArrays ofImages(Tensor images) {
    require(
        images.dim() == RANK,
        "images must be a batch N×C×H×W, but have shape %s",
        Arrays.toString(images.shape()));
    return of(images);
  }

  /** A copy of a tensor. */
  static Dl4jArrays of(Tensor tensor) {
    return new Dl4jArrays(Tensors.toFloats(tensor), tensor.shape());
  }

  /** A copy of an array of DL4J; its images become N×C×H×W. */
  static Dl4jArrays of(INDArray array, boolean channelsLast) {
    boolean turn = channelsLast && array.rank() == RANK;
    INDArray rows = (turn ? array.permute(0, 3, 1, 2) : array).castTo(DataType.FLOAT).dup('c');
    return new Dl4jArrays(rows.data().asFloat(), rows.shape());
  }

  /** A tensor on the CPU. */
  Tensor tensor() {
    return Tensors.ofFloats(values, shape);
  }

  /** An array for DL4J. */
  INDArray array(DataType type, boolean channelsLast) {
    INDArray array = Nd4j.createFromArray(values).reshape('c', shape).castTo(type);
    return channelsLast && shape.length == RANK ? array.permute(0, 2, 3, 1).dup('c') : array;
  }
}
