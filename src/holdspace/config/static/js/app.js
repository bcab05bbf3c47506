/* Starts the small modules. Each one finds its own elements and does nothing when there are none. */

import { startClocks } from "./clock.js";
import { startDrafts } from "./draft.js";
import { startFurniture } from "./furniture.js";
import { startKeeping } from "./keep/signed_in.js";
import { startIdle } from "./idle.js";
import { startLive } from "./live.js";
import { startReach } from "./reach.js";
import { startTheme } from "./theme.js";

startTheme();
startClocks();
startFurniture();
startDrafts();
startReach();
startLive();
startIdle();
startKeeping();
