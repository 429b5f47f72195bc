package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.ImageDataset;
import io.github.backdoor4j.core.tensor.Seed;
import io.github.backdoor4j.core.tensor.TensorScope;
import io.github.backdoor4j.core.tensor.Tensors;
import io.github.backdoor4j.core.train.EpochReport;
import io.github.backdoor4j.core.train.TrainingHistory;
import io.github.backdoor4j.core.train.TrainingListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Trains a DL4J graph on a data set of ours. */
final class Dl4jTraining {

  private final ComputationGraph graph;
  private final Dl4jView view;
  private final ImageDataset data;
  private final int batchSize;

  Dl4jTraining(ComputationGraph graph, Dl4jView view, ImageDataset data, int batchSize) {
    this.graph = graph;
    this.view = view;
    this.data = data;
    this.batchSize = batchSize;
  }

  TrainingHistory run(int epochs, Seed seed, TrainingListener listener) {
    // DL4J draws dropout from ND4J's one generator
    Dl4jCalls.isolated(
        () -> {
          Nd4j.getRandom().setSeed(seed.child("noise").value());
          return true;
        });
    listener.onStart("dl4j", 0, epochs, (data.size() + batchSize - 1) / batchSize);
    List<EpochReport> reports = new ArrayList<>();
    for (int epoch = 0; epoch < epochs && !listener.wantsStop(); epoch++) {
      reports.add(listener.onEpoch(epoch(epoch, seed.child("order", epoch), listener)));
    }
    TrainingHistory history = new TrainingHistory(reports);
    listener.onEnd(history);
    return history;
  }

  private EpochReport epoch(int epoch, Seed order, TrainingListener listener) {
    long[] rows = Tensors.permutation(data.size(), order);
    double loss = 0;
    int steps = 0;
    for (int from = 0; from < rows.length; from += batchSize) {
      loss += step(Arrays.copyOfRange(rows, from, Math.min(rows.length, from + batchSize)));
      listener.onStep(epoch, ++steps);
    }
    Map<String, Double> means = Map.of("loss", loss / Math.max(1, steps));
    return new EpochReport(epoch, learningRate(), means, Double.NaN); // models read no clock
  }

  private double step(long[] rows) {
    Dl4jArrays images;
    long[] labels;
    try (TensorScope scope = TensorScope.open()) {
      images =
          Dl4jArrays.of(data.spec().normalization().normalize(Tensors.rows(data.images(), rows)));
      labels = Tensors.toLongs(Tensors.rows(data.labels(), rows));
    }
    return Dl4jCalls.isolated(
        () -> {
          DataType type = graph.params().dataType();
          INDArray wanted = Nd4j.zeros(type, labels.length, view.classes());
          for (int i = 0; i < labels.length; i++) {
            wanted.putScalar(i, labels[i], 1);
          }
          INDArray input = images.array(type, view.channelsLast());
          graph.fit(new INDArray[] {input}, new INDArray[] {wanted});
          return graph.score();
        });
  }

  private double learningRate() {
    return Dl4jCalls.isolated(
        () -> {
          Double rate = graph.getLearningRate(view.output());
          return rate == null ? Double.NaN : rate;
        });
  }
}
