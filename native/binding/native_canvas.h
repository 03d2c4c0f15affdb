// The exported class NativeCanvas (src/native/canvas.ts): a picture's result while it grows.
#pragma once

#include <memory>
#include <vector>

#include "binding/napi_setup.h"
#include "infer/canvas.h"
#include "network_backend.h"

namespace evensr {

class NativeCanvas : public Napi::ObjectWrap<NativeCanvas> {
 public:
  static constexpr const char* kName = "NativeCanvas";
  static constexpr napi_type_tag kTag = {0x6576656e73722d63, 0x616e766173000001};

  static void define(Napi::Env env);
  static Napi::Value create(Napi::Env env, std::shared_ptr<Canvas> canvas);

  // From JavaScript `new` makes a disposed canvas; createCanvas is the way to get one.
  explicit NativeCanvas(const Napi::CallbackInfo& call);
  ~NativeCanvas() override;

  // Whoever works on it holds this, so that dispose() cannot pull it away. Throws E_DISPOSED.
  std::shared_ptr<Canvas> canvas() const;

 private:
  Napi::Value take(const Napi::CallbackInfo& call);
  void dispose(const Napi::CallbackInfo& call);
  void release();

  std::shared_ptr<Canvas> canvas_;
};

// Where the tiles of a batch go, one placement a sample.
struct PlacedTile {
  std::shared_ptr<Canvas> canvas;
  TilePlacement placement;
};
using PlacedTiles = std::vector<PlacedTile>;

// Array of {canvas, alpha, top, left, rows, columns}. Throws E_SHAPE unless it is one for each
// sample of `result` and their weights fill its sides; TypeError.
PlacedTiles placedTiles(const Napi::Value& value, const Shape& result);

// sr (B, 3, H, W), in the order of the tiles.
void placeAll(const PlacedTiles& tiles, const float* sr, const RowLoop& loop);

// The loop of the OpenMP team, for the network lane.
RowLoop teamLoop();

}  // namespace evensr
