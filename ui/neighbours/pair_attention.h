#pragma once

#include <QObject>
#include <array>
#include <cstdint>
#include <memory>

#include "engine/api/attention.h"
#include "ui/neighbours/neighbours_session.h"

namespace dinoscope {

/// The attention of [CLS] over a whole picture in the last layer, of every head. Of a convolutional network,
/// the energy of its last map as one head.
struct PictureAttention {
    AttentionMap map;
    InputGeometry geometry;
};

using SharedAttention = std::shared_ptr<const PictureAttention>;

/// The attention of the query and of the result beside it, by the model that queries are computed with. Each
/// is computed when it is wanted, and given up when another picture takes its place.
class PairAttention : public QObject {
    Q_OBJECT

public:
    enum class Side { Query, Result };

    explicit PairAttention(NeighboursSession& session, QObject* parent = nullptr);

    /// While it is off nothing is computed or shown; what was computed stays.
    void setOn(bool on);
    /// Another picture, or none.
    void setPicture(Side side, const NeighbourQuery& picture);
    /// Begins what is wanted and not there. What failed is not tried again with the same picture and model.
    void compute();

    /// Null while it is off or not there.
    SharedAttention shown(Side side) const;
    bool isComputing() const;

Q_SIGNALS:
    void changed();                        ///< what is shown, or whether it is computing
    void failed(const QString& sentence);  ///< what is wrong with a picture
    void givenUp();                        ///< the person cancelled it

private:
    enum class Stage { Wanted, Computing, There, Failed };
    struct Part {
        NeighbourQuery picture;
        Stage stage = Stage::Wanted;
        std::uint64_t serial = 0;  ///< of what was asked for last
        SharedAttention attention;
    };
    struct Found;

    Part& partOf(Side side) { return parts_[std::size_t(side)]; }
    void forget(Side side);
    void begin(Side side);
    void end(Side side, const JobResult& result, Found& found);
    void followModel();

    NeighboursSession& session_;
    std::array<Part, 2> parts_;
    bool on_ = false;
};

}  // namespace dinoscope
