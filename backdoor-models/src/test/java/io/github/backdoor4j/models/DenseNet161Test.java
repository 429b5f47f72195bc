package io.github.backdoor4j.models;

import io.github.backdoor4j.core.data.DatasetSpec;
import io.github.backdoor4j.testkit.ArchitectureContract;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DenseNet161Test implements ArchitectureContract<DenseNet161.Options> {

  @Override
  public DenseNet161 strategy() {
    return new DenseNet161();
  }

  @Override
  public DenseNet161.Options options(DatasetSpec data) {
    return NarrowNetworks.options(strategy(), data);
  }

  @Override
  @Test
  @Tag("long") // a pass for each of half a thousand taps
  public void taps_seeEveryLayerAndCanReplaceIt() {
    ArchitectureContract.super.taps_seeEveryLayerAndCanReplaceIt();
  }
}
